import type { SandboxRequest } from '../../sandbox/sandbox.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { answerText } from './answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';

const ICON = { background: '#E0EAFF', content: '💻' };

const LANGUAGES: Readonly<Record<string, SandboxRequest['language']>> = {
  python3: 'python3',
  python: 'python3',
  py: 'python3',
  javascript: 'javascript',
  js: 'javascript',
};

/** Runs code that a model has written, in the sandbox (`facts/dify-dsl-engine.md` §9.1). */
export function codeTools({ sandbox }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  return [
    defineTool(settings, ICON, {
      name: 'simple_code',
      label: { en_US: 'Code Interpreter', zh_Hans: '代码解释器' },
      description:
        'Runs a program and gives what it prints. Use it to calculate and to work with data. It has neither files nor ' +
        'network, and nothing is kept from one call to the next. Only what is printed is seen (print, console.log).',
      parameters: {
        language: { type: 'string', description: 'The language of the program: python3 or javascript' },
        code: { type: 'string', description: 'The program' },
      },
      required: ['language', 'code'],
      authored: {},
      async invoke({ language = '', code = '' }, { appId, signal }) {
        const known = language.trim().toLowerCase();
        const spoken = Object.hasOwn(LANGUAGES, known) ? LANGUAGES[known] : undefined;
        if (spoken === undefined) {
          const given = language.slice(0, 50);
          throw new ToolError('arguments', `Only python3 and javascript are supported, not ${given}.`);
        }
        const { output } = await sandbox.run(
          { language: spoken, code, call: 'script', inputs: {}, tenant: appId },
          { signal },
        );
        return answerText(output);
      },
    }),
  ];
}
