export { type LaunchOptions, launchBrowser, type OpenPageOptions, TestBrowser } from './launch-browser.js';
export { type FirefoxOptions, launchFirefox, TestFirefox } from './launch-firefox.js';
export { expectPageTone, type HeardInPage, type PageToneOptions, pageTone, type ToneSource } from './page-tone.js';
export { TestPage } from './test-page.js';
