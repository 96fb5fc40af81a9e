/** The one file of undici that streaming needs; its index loads another 3 MB (mock agents, WebSocket, caches). */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
