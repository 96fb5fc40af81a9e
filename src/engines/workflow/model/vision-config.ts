import { z } from 'zod';
import type { Selector } from '../pool/selector.ts';
import { SYSTEM } from '../pool/selector.ts';

/** `vision` of a node: the files it shows to its model, if it does. Older files have nothing but `detail`. */
export const visionConfigSchema = z
  .looseObject({
    enabled: z.boolean().nullish(),
    configs: z
      .looseObject({
        variable_selector: z.array(z.string()).nullish(),
        detail: z.string().nullish(),
      })
      .nullish(),
  })
  .nullish()
  .transform((vision): VisionConfig => {
    const { variable_selector: selector, detail } = vision?.configs ?? {};
    return {
      enabled: vision?.enabled === true,
      selector: selector?.length ? selector : [SYSTEM, 'files'],
      detail: detail === 'low' || detail === 'auto' ? detail : 'high',
    };
  });

export interface VisionConfig {
  readonly enabled: boolean;
  readonly selector: Selector;
  readonly detail: 'low' | 'high' | 'auto';
}
