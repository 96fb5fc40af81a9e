import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { answerText } from './answer-text.ts';
import { boundJson } from './bound-json.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { lackingKey } from './lacking.ts';
import { createService, jsonOf } from './service.ts';

const ICON = { background: '#FFF4E5', content: '⛅' };
const TITLE = 'OpenWeather';
const MAX_TEXT = 20_000;

/** The weather by OpenWeather (`facts/dify-dsl-engine.md` §9.2; https://openweathermap.org/current). */
export function openweatherTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  const origin = 'https://api.openweathermap.org';
  const service = createService(outbound, settings, { title: TITLE, origin, takesKey: true });
  const lack = lackingKey(settings, TITLE);
  return [
    defineTool(settings, ICON, {
      lack,
      name: 'weather',
      label: { en_US: 'Open Weather Query', zh_Hans: '天气查询' },
      description: 'Tells what the weather is now in a city: temperature, wind, clouds, rain.',
      parameters: {
        city: { type: 'string', description: 'The name of the city in English, e.g. Beijing' },
      },
      required: ['city'],
      authored: {
        lang: {
          type: 'string',
          description: 'Language of the description: zh_cn or en_us',
          default: 'zh_cn',
        },
        units: { type: 'string', description: 'metric (°C) or imperial (°F)', default: 'metric' },
      },
      async invoke({ city = '', lang, units }, context) {
        if (city.trim() === '') throw new ToolError('arguments', 'Please tell me your city');
        if (lack !== null) throw new ToolError('credentials', lack);
        const query = {
          q: city.trim(),
          appid: settings.apiKey ?? undefined,
          units: units?.trim() || 'metric',
          lang: languageOf(lang),
        };
        const response = await service.ask('/data/2.5/weather', { query }, context);
        return answerText(JSON.stringify(boundJson(jsonOf(response, TITLE), MAX_TEXT)));
      },
    }),
  ];
}

/** OpenWeather has no `en_us`, as Dify calls it. */
function languageOf(lang: string | undefined): string {
  const given = lang?.trim() || 'zh_cn';
  return given === 'en_us' ? 'en' : given;
}
