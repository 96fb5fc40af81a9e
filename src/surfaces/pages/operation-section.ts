import type { JsonSchema, OpenApiContent, OpenApiOperation, OpenApiResponse } from '../openapi-document.ts';
import { curlExample } from './curl-example.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { prose } from './prose.ts';
import { describe, type SchemaRow, schemaRows, typeName } from './schema-rows.ts';

export interface Route {
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

/** One route of the docs page: what it takes, what it answers, and a command that calls it. */
export function operationSection({ method, path, operation }: Route, url: string): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const parameterRows = parameters.map(({ name, in: place, required, description: text, schema }) => ({
    name,
    depth: 0,
    type: `${typeName(schema)}, in the ${place}`,
    required,
    description: [text, describe(schema)].filter(Boolean).join(' '),
  }));
  return html`<section class="operation" id="${operationId}">
<h3><a class="anchor" href="#${operationId}">${summary}</a></h3>
<p class="signature">${methodBadge(method)}<code>${path}</code></p>
<p>${prose(description)}</p>
${parameterRows.length > 0 && html`<h4>Parameters</h4>${fieldTable(parameterRows)}`}
${requestBody && Object.entries(requestBody.content).map(([type, { schema }]) => body(type, schema))}
<h4>Example</h4>
<pre class="command" tabindex="0"><code>${curlExample(url, method, path, operation)}</code></pre>
<h4>Responses</h4>
<dl class="responses">${Object.entries(responses).map(([status, answer]) => response(status, answer))}</dl>
</section>
`;
}

/** The word with its colour, also for the list of routes. */
export function methodBadge(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

function body(type: string, schema: JsonSchema = {}): Html {
  return html`<h4>Body <span class="media">${type}</span></h4>${fieldTable(schemaRows(schema))}`;
}

function response(status: string, { description, content = {} }: OpenApiResponse): Html {
  return html`<dt><span class="status s${status[0]}">${status}</span></dt>
<dd><p>${prose(description)}</p>${Number(status) < 300 && answers(content)}</dd>
`;
}

function answers(content: OpenApiContent): HtmlValue {
  return Object.entries(content).map(([type, { schema }]) => {
    if (!schema) return html`<p class="media">${type}</p>`;
    const variants = schema.anyOf ?? [];
    const inside =
      variants.length > 0 && variants.every(({ title }) => title)
        ? html`${schema.description && html`<p class="stream">${prose(schema.description)}</p>`}${variants.map(event)}`
        : schemaRows(schema).length > 0
          ? fieldTable(answered(schema))
          : html`<p>${typeName(schema)}</p>`;
    return html`<details><summary><span class="media">${type}</span></summary>${inside}</details>`;
  });
}

/** What an answer brings is not asked for: nothing in it is marked as required. */
function answered(schema: JsonSchema): readonly SchemaRow[] {
  return schemaRows(schema).map((row) => ({ ...row, required: false }));
}

function event(schema: JsonSchema): Html {
  const fields = Object.entries(schema.properties ?? {}).map(([name]) => html`<li><code>${name}</code></li>`);
  return html`<div class="event"><h5><code>${schema.title ?? ''}</code></h5>
<p>${prose(schema.description ?? '')}</p><ul class="names">${fields}</ul></div>`;
}

function fieldTable(rows: readonly SchemaRow[]): Html {
  if (rows.length === 0) return html`<p>No fields of its own.</p>`;
  const explained = rows.some(({ description }) => description !== '');
  return html`<div class="scroll"><table class="fields">
<thead><tr><th scope="col">Field</th><th scope="col">Type</th>${explained && html`<th scope="col">Meaning</th>`}</tr></thead>
<tbody>${rows.map((row) => fieldRow(row, explained))}</tbody>
</table></div>`;
}

function fieldRow({ name, depth, type, required, description }: SchemaRow, explained: boolean): Html {
  return html`<tr class="depth${Math.min(depth, 3)}"><th scope="row"><code>${name}</code>${
    required && html` <span class="required">required</span>`
  }</th><td class="type">${type}</td>${explained && html`<td>${prose(description)}</td>`}</tr>
`;
}
