import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';
import * as sdk from '../exotelsdk.js';
import { makePage } from '../testing/page-fixture.js';
import { ExDelegationHandler, ExSynchronousHandler } from './delegation-handler.js';

type Surface = Record<string, unknown>;

/** Exotel's own bundle, in a page that has just enough to load it. */
function vendorBundle(): { ExotelWebClient: new () => Surface; [name: string]: unknown } {
  const file = fileURLToPath(
    new URL('../../../../node_modules/@exotel-npm-dev/webrtc-client-sdk/dist/exotelsdk.js', import.meta.url),
  );
  const silent = () => {};
  const element = class {
    addEventListener = silent;
    setAttribute = silent;
    load = silent;
  };
  const page: Surface = { setTimeout, clearTimeout, TextEncoder, TextDecoder, URL, Audio: element };
  Object.assign(page, { addEventListener: silent, navigator: { userAgent: 'Chrome/156', mediaDevices: {} } });
  const storage = { getItem: () => null, setItem: silent, removeItem: silent };
  Object.assign(page, { localStorage: storage, sessionStorage: storage, location: { href: 'https://page.example/' } });
  const document = {
    createElement: () => new element(),
    currentScript: { tagName: 'SCRIPT', src: 'https://page.example/x.js' },
  };
  Object.assign(page, { document: { ...document, addEventListener: silent, getElementsByTagName: () => [] } });
  Object.assign(page, { console: { log: silent, info: silent, warn: silent, error: silent, debug: silent } });
  page.window = page;
  page.self = page;
  const context = createContext(page);
  runInContext(readFileSync(file, 'utf8'), context);
  return page.exotelSDK as ReturnType<typeof vendorBundle>;
}

/** Own fields and methods of the class: name to arity, or to `field`. */
function publicNames(object: object): Record<string, number | 'field'> {
  const names = [...Object.keys(object), ...Object.getOwnPropertyNames(Object.getPrototypeOf(object))];
  const surface: Record<string, number | 'field'> = {};
  for (const name of names.filter((each) => each !== 'constructor')) {
    const value = (object as Surface)[name];
    surface[name] = typeof value === 'function' ? value.length : 'field';
  }
  return surface;
}

const vendor = vendorBundle();
const handlers = { ExDelegationHandler, ExSynchronousHandler };

it("exports what Exotel's bundle exports, by the same names", () => {
  const names = Object.keys(vendor).filter((name) => name !== '__esModule');
  expect(names).toEqual(expect.arrayContaining(['ExotelWebClient', 'ExDelegationHandler', 'ExSynchronousHandler']));
  expect(Object.keys(sdk)).toEqual(expect.arrayContaining(names));
});

it("has every public name of Exotel's client, methods with the same number of arguments", async () => {
  const ours = new sdk.ExotelWebClient((await makePage()).platform);
  const theirs = publicNames(new vendor.ExotelWebClient());
  expect(Object.keys(theirs)).toHaveLength(40);
  expect(publicNames(ours)).toMatchObject({ ...theirs, call: 'field' });
});

it("has every method of Exotel's Call, as own enumerable fields with the same number of arguments", async () => {
  const client = new vendor.ExotelWebClient() as Surface & { initWebrtc(account: object): boolean; getCall(): object };
  expect(client.initWebrtc({ userName: 'a', sipdomain: 'b', port: 1 })).toBe(true);
  const ours = new sdk.ExotelWebClient((await makePage()).platform);
  expect(publicNames(ours.getCall())).toMatchObject(publicNames(client.getCall()));
});

it("callDetails() has every key of Exotel's, and legSid, muted, held", async () => {
  const client = new vendor.ExotelWebClient() as Surface & { initWebrtc(a: object): boolean; getCall(): Surface };
  client.initWebrtc({ userName: 'a', sipdomain: 'b', port: 1 });
  const theirs = Object.keys((client.getCall().callDetails as () => object)());
  const ours = Object.keys(new sdk.ExotelWebClient((await makePage()).platform).getCall().callDetails());
  expect([...ours].sort()).toEqual([...theirs, 'legSid', 'muted', 'held'].sort());
});

it("has every method of Exotel's two handlers, and they do no harm", async () => {
  for (const name of ['ExDelegationHandler', 'ExSynchronousHandler'] as const) {
    const client = new sdk.ExotelWebClient((await makePage()).platform);
    const theirs = new (vendor[name] as new (client: unknown) => Surface)(undefined);
    const ours = new handlers[name](client) as unknown as Surface;
    for (const method of Object.keys(theirs)) {
      expect([method, typeof ours[method]]).toEqual([method, 'function']);
      (ours[method] as () => void)();
    }
  }
});
