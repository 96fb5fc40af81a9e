/** Whose data a query may touch. Every store function that reads or writes user data filters by it in SQL. */
export interface Owner {
  readonly appId: string;
  readonly endUserId: string;
}
