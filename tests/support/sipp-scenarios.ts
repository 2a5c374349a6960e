// SIPp scenarios that one file of tests needs; those of general use are in packages/testkit/sipp.

const sdp = `v=0
o=carrier 53655765 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv`;

function scenario(name: string, steps: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${steps}\n</scenario>`;
}

function invite(cseq: number, extra = ''): string {
  return `<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]uac[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: ${cseq} INVITE
Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
${extra}Content-Type: application/sdp
Content-Length: [len]

${sdp}

]]></send>`;
}

function ackOfRefusal(cseq: number): string {
  return `<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: ${cseq} ACK
Max-Forwards: 70
Content-Length: 0

]]></send>`;
}

const provisionals = `<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>`;

/** The carrier calls and must be refused with this status. */
export function uacRefused(status: number): string {
  return scenario('uac-refused', [invite(1), provisionals, `<recv response="${status}"/>`, ackOfRefusal(1)].join('\n'));
}

/** The carrier calls, is challenged with 407, answers with the given password and must get the given status. */
export function uacAuthenticated(credentials: { username: string; password: string }, status: number): string {
  const { username, password } = credentials;
  const end = status === 200 ? talkAndHangUp(2) : ackOfRefusal(2);
  return scenario(
    'uac-authenticated',
    [
      invite(1),
      '<recv response="100" optional="true"/>',
      '<recv response="407" auth="true"/>',
      ackOfRefusal(1),
      invite(2, `[authentication username=${username} password=${password}]\n`),
      provisionals,
      `<recv response="${status}"/>`,
      end,
    ].join('\n'),
  );
}

function talkAndHangUp(cseq: number): string {
  const request = (method: string, number: number) => `<send><![CDATA[
${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]uac[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: ${number} ${method}
Max-Forwards: 70
Content-Length: 0

]]></send>`;
  return [request('ACK', cseq), '<pause milliseconds="500"/>', request('BYE', cseq + 1), '<recv response="200"/>'].join(
    '\n',
  );
}

function response(status: string, extra = '', body = ''): string {
  const hasBody = body !== '';
  return `<send><![CDATA[
SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]uas[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>
${extra}${hasBody ? 'Content-Type: application/sdp\nContent-Length: [len]' : 'Content-Length: 0'}

${body}
]]></send>`;
}

/** A carrier that challenges the INVITE with 401 or 407, answers the one with credentials, and waits for our BYE. */
export function uasChallenging(status: 401 | 407): string {
  const [challenge, answer] =
    status === 401 ? ['WWW-Authenticate', 'Authorization'] : ['Proxy-Authenticate', 'Proxy-Authorization'];
  const credentials = `<ereg regexp="Digest " search_in="hdr" header="${answer}:" check_it="true" assign_to="auth"/>`;
  return scenario(
    'uas-challenging',
    [
      '<recv request="INVITE"/>',
      response(
        `${status} Challenge`,
        `${challenge}: Digest realm="carrier.test", nonce="6cf84e1b", algorithm=MD5, qop="auth"\n`,
      ),
      '<recv request="ACK"/>',
      `<recv request="INVITE"><action>${credentials}</action></recv>`,
      '<Reference variables="auth"/>',
      response('200 OK', '', `${sdp}\n`),
      '<recv request="ACK"/>',
      '<recv request="BYE"/>',
      response('200 OK'),
    ].join('\n'),
  );
}
