import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { answerText } from '../answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from '../builtin-parts.ts';
import { defineTool } from '../define-tool.ts';
import { strftime } from './strftime.ts';
import { zonedTime, zonedTimeOf } from './zoned-time.ts';

const ICON = { background: '#EFF1F5', content: '🕒' };
const FORMAT = '%Y-%m-%d %H:%M:%S';
const ZONE = 'A name of the IANA time zone database, e.g. Asia/Shanghai, Europe/Berlin, UTC';
const LOCAL_TIME = 'in the form 2024-05-01 08:30:00';

/** Clock and calendar, as Dify has them (`facts/dify-dsl-engine.md` §9.1). */
export function timeTools(_: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  return [
    defineTool(settings, ICON, {
      name: 'current_time',
      label: { en_US: 'Current Time', zh_Hans: '获取当前时间' },
      description: 'Tells the current date and time.',
      parameters: {},
      required: [],
      authored: {
        format: {
          type: 'string',
          description:
            'How to write the time: a format of strftime. When it is empty, the time zone is added.',
          default: FORMAT,
        },
        timezone: { type: 'string', description: ZONE, default: 'UTC' },
      },
      async invoke({ format, timezone }) {
        const now = await zonedTime(Date.now(), timezone || 'UTC');
        return answerText(strftime(now, format || `${FORMAT} %Z`));
      },
    }),
    defineTool(settings, ICON, {
      name: 'localtime_to_timestamp',
      label: { en_US: 'Local Time to Timestamp', zh_Hans: '本地时间转时间戳' },
      description: 'Converts a local time of a time zone to a Unix timestamp in seconds.',
      parameters: {
        localtime: { type: 'string', description: `The local time, ${LOCAL_TIME}` },
        timezone: { type: 'string', description: ZONE, default: 'Asia/Shanghai' },
      },
      required: ['localtime'],
      authored: {},
      async invoke({ localtime = '', timezone }) {
        return answerText(strftime(await zonedTimeOf(localtime, timezone || 'Asia/Shanghai'), '%s'));
      },
    }),
    defineTool(settings, ICON, {
      name: 'timestamp_to_localtime',
      label: { en_US: 'Timestamp to Local Time', zh_Hans: '时间戳转本地时间' },
      description: 'Converts a Unix timestamp in seconds to the local time of a time zone.',
      parameters: {
        timestamp: { type: 'number', description: 'Seconds since 1970-01-01 00:00:00 UTC' },
        timezone: { type: 'string', description: ZONE, default: 'Asia/Shanghai' },
      },
      required: ['timestamp'],
      authored: {},
      async invoke({ timestamp = 0, timezone }) {
        return answerText(strftime(await zonedTime(timestamp * 1000, timezone || 'Asia/Shanghai'), FORMAT));
      },
    }),
    defineTool(settings, ICON, {
      name: 'timezone_conversion',
      label: { en_US: 'Time Zone Conversion', zh_Hans: '时区转换' },
      description: 'Converts a local time of one time zone to that of another.',
      parameters: {
        current_time: { type: 'string', description: `The local time, ${LOCAL_TIME}` },
        current_timezone: {
          type: 'string',
          description: `Where that is the time. ${ZONE}`,
          default: 'Asia/Shanghai',
        },
        target_timezone: {
          type: 'string',
          description: `Where the time is wanted. ${ZONE}`,
          default: 'Asia/Tokyo',
        },
      },
      required: ['current_time'],
      authored: {},
      async invoke({ current_time = '', current_timezone, target_timezone }) {
        const { epochMilliseconds } = await zonedTimeOf(current_time, current_timezone || 'Asia/Shanghai');
        return answerText(
          strftime(await zonedTime(epochMilliseconds, target_timezone || 'Asia/Tokyo'), FORMAT),
        );
      },
    }),
    defineTool(settings, ICON, {
      name: 'weekday',
      label: { en_US: 'Weekday Calculator', zh_Hans: '星期几计算器' },
      description: 'Tells which day of the week a date is.',
      parameters: {
        year: { type: 'number', description: 'Year, e.g. 2024' },
        month: { type: 'number', description: 'Month, 1 to 12' },
        day: { type: 'number', description: 'Day of the month' },
      },
      required: ['year', 'month', 'day'],
      authored: {},
      async invoke({ year = 0, month = 0, day = 0 }) {
        const padded = String(year).padStart(4, '0');
        const date = await zonedTimeOf(`${padded}-${month}-${day} 00:00:00`, 'UTC').catch(() => null);
        if (date === null)
          throw new ToolError('arguments', `Invalid date: Year ${year}, Month ${month}, Day ${day}.`);
        return answerText(strftime(date, '%B %-d, %Y is %A.'));
      },
    }),
  ];
}
