/**
 * Owners, and Dify's forms for OpenAI, Anthropic, Ollama, Xinference and LocalAI, name a server without a path where
 * its protocol has a version in the path: `http://127.0.0.1:11434` means `…/v1`. A path that is there is kept.
 */
export function withDefaultPath(baseUrl: string, path: string): string {
  const url = URL.parse(baseUrl);
  if (url === null || url.pathname !== '/') return baseUrl;
  url.pathname = path;
  return url.href;
}
