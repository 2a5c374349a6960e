import { describe, expect, it } from 'vitest';
import { Headers } from './headers.js';
import { SipHeaderError } from './syntax-errors.js';

describe('Headers', () => {
  it('finds a field in any case and in its compact form', () => {
    const headers = new Headers([
      ['v', 'SIP/2.0/UDP h'],
      ['CONTACT', '<sip:a@h>'],
      ['x-exotel-callsid', '1'],
    ]);
    expect(headers.get('Via')).toBe('SIP/2.0/UDP h');
    expect(headers.get('m')).toBe('<sip:a@h>');
    expect(headers.get('X-Exotel-CallSid')).toBe('1');
    expect([...headers].map(([name]) => name)).toEqual(['Via', 'Contact', 'x-exotel-callsid']);
  });

  it('keeps fields apart, and lists their elements together', () => {
    const headers = new Headers([
      ['Contact', '"a, b" <sip:a@h;x=",">, <sip:b@h,c>'],
      ['Contact', ', sip:c@h ,,'],
    ]);
    expect(headers.all('Contact')).toHaveLength(2);
    expect(headers.list('Contact')).toEqual(['"a, b" <sip:a@h;x=",">', '<sip:b@h,c>', 'sip:c@h']);
    expect(headers.list('Route')).toEqual([]);
  });

  it('replaces all fields by one in the place of the first', () => {
    const headers = new Headers([
      ['X-A', '1'],
      ['X-B', '2'],
      ['X-A', '3'],
      ['X-C', '4'],
    ]);
    headers.set('x-a', 'new');
    expect([...headers]).toEqual([
      ['x-a', 'new'],
      ['X-B', '2'],
      ['X-C', '4'],
    ]);
    headers.delete('X-B');
    headers.prepend('Via', 'x');
    headers.add('X-C', '5');
    expect([...headers]).toEqual([
      ['Via', 'x'],
      ['x-a', 'new'],
      ['X-C', '4'],
      ['X-C', '5'],
    ]);
    const copy = headers.clone();
    copy.delete('X-C');
    expect(headers.all('X-C')).toEqual(['4', '5']);
  });

  it.each(['a\r\nVia: x', 'a\rb', 'a\nb', 'a\0b'])('refuses a value with a break in it', (value) => {
    const headers = new Headers();
    for (const put of ['add', 'set', 'prepend'] as const) {
      expect(() => headers[put]('X-Name', value)).toThrow(SipHeaderError);
    }
    expect(headers.size).toBe(0);
  });

  it.each(['', 'a b', 'a:', 'a\r\n', 'é', '"a"'])('refuses the name %j', (name) => {
    expect(() => new Headers().add(name, 'x')).toThrow(SipHeaderError);
  });
});
