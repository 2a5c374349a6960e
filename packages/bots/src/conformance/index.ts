export { BotTestError } from './bot-test-error.js';
export { CaptureServer, type CaptureServerOptions } from './capture/capture-server.js';
export { type ReplayOptions, replayCapture } from './capture/replay.js';
export type { Finding, Occurrence } from './findings.js';
export { BotTestReport } from './report/bot-test-report.js';
export { reportTable } from './report/report-table.js';
export { type RuleName, rules, type Severity } from './rules.js';
export { type BotTestOptions, runBotTest } from './run-bot-test.js';
export {
  type BotTestScript,
  botTestScriptSchema,
  readBotTestScript,
  type ScriptStep,
} from './script/bot-test-script.js';
export { type CallAudio, TwoChannelWav } from './sound/two-channel-wav.js';
