/** Tavily's answers as far as a text shows them. Nothing of it is sure to be there, or to be of its type. */
export interface Found {
  readonly answer?: unknown;
  readonly images?: unknown;
  readonly results?: readonly (Readonly<Record<string, unknown>> | null)[];
}

export interface Extracted {
  readonly results?: readonly (Readonly<Record<string, unknown>> | null)[];
  readonly failed_results?: unknown;
}

/** The results of a search as Markdown, in Dify's layout. */
export function foundText({ answer, results = [], images }: Found): string {
  const lines: string[] = [];
  if (shown(answer) !== '') lines.push(`**Answer:** ${shown(answer)}\n`);
  for (const [index, result] of results.entries()) {
    lines.push(`# Result ${index + 1}: [${shown(result?.title) || 'No Title'}](${shown(result?.url)})\n`);
    lines.push(...field('Published Date', result?.published_date), ...field('URL', result?.url));
    lines.push(...field('Relevance Score', result?.score), ...field('Favicon', result?.favicon));
    lines.push(...block('Content', result?.content), ...block('Raw Content', result?.raw_content), '---\n');
  }
  if (Array.isArray(images) && images.length > 0) {
    const described = images.map((image) => (typeof image === 'string' ? { url: image } : image));
    const entries = described.map((image) => `![${shown(image?.description)}](${shown(image?.url)})\n`);
    lines.push('**Images:**\n', ...entries);
  }
  return lines.join('\n');
}

/** Pages that were read as Markdown, in Dify's layout. */
export function extractedText({ results = [], failed_results }: Extracted): string {
  const lines: string[] = [];
  for (const [index, result] of results.entries()) {
    lines.push(`# Extracted Content ${index + 1}: ${shown(result?.url)}\n`);
    lines.push(...field('Favicon', result?.favicon), ...block('Raw Content', result?.raw_content));
    const images = Array.isArray(result?.images) ? result.images.map((url) => `![](${shown(url)})\n`) : [];
    if (images.length > 0) lines.push('**Images:**\n', ...images);
    lines.push('---\n');
  }
  const failed = Array.isArray(failed_results) ? failed_results : [];
  if (failed.length > 0) {
    lines.push('# Failed URLs:\n');
    for (const one of failed) lines.push(`- ${shown(one?.url)}: ${shown(one?.error) || 'Unknown error'}\n`);
  }
  return lines.join('\n');
}

function field(name: string, value: unknown): readonly string[] {
  return shown(value) === '' ? [] : [`**${name}:** ${shown(value)}\n`];
}

function block(name: string, value: unknown): readonly string[] {
  return shown(value) === '' ? [] : [`**${name}:**\n${shown(value)}\n`];
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
