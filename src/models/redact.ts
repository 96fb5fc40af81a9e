const maxLength = 1000;

/**
 * A provider's text made fit for callers and logs: no key, no credentials of a URL, no query string with a key, and
 * not longer than 1,000 characters.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 4) clean = clean.replaceAll(secret, '***');
  }
  clean = clean
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@')
    .replace(/\b(bearer\s+)[\w.~+/=-]+/gi, '$1***')
    .replace(/\b(sk|pk|gsk|xai|rk)[-_][\w*-]{6,}/g, '***')
    .replace(/([?&](?:api[-_]?key|key|token|access_token|signature|sig)=)[^&\s"']+/gi, '$1***')
    .trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
