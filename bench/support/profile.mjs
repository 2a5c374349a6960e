// A V8 CPU profile as shares of busy time, by where the code lives.

const groups = [
  [/\/sip\/dist\/message\//, 'sip: parse and write messages'],
  [/\/sip\/dist\/transaction\//, 'sip: transactions'],
  [/\/sip\/dist\/dialog\//, 'sip: dialogs'],
  [/\/sip\/dist\/ua\//, 'sip: user agent'],
  [/\/sip\/dist\/node\//, 'sip: sockets'],
  [/\/sip\/dist\/auth\//, 'sip: digest'],
  [/\/calls\/dist\/registrar/, 'calls: registrar'],
  [/\/calls\/dist\//, 'calls: switch'],
  [/\/media\/dist\/|sdp-transform/, 'media: session descriptions'],
  [/\/kernel\/dist\//, 'kernel'],
  [/^node:internal\/timers|^node:timers/, 'node: timers'],
  [/^node:(dgram|internal\/dgram)/, 'node: UDP'],
  [/^node:/, 'node: other'],
];

/** Shares of the time that was not idle, largest first: groups of files, then the costliest single functions. */
export function profileShares(profile) {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const [places, functions] = [new Map(), new Map()];
  let busy = 0;
  profile.samples.forEach((id, i) => {
    const { functionName: name, url, lineNumber } = byId.get(id).callFrame;
    const time = profile.timeDeltas[i];
    if (name === '(idle)') return;
    busy += time;
    add(
      places,
      url === '' ? native(name) : (groups.find(([pattern]) => pattern.test(url))?.[1] ?? 'bench and other'),
      time,
    );
    if (url !== '' || !name.startsWith('('))
      add(functions, `${name || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`, time);
  });
  const top = (map, count) =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([what, time]) => [what, time / busy]);
  return [...top(places, 12), ...top(functions, 15)];
}

function native(name) {
  if (name === '(garbage collector)') return 'garbage collection';
  return name === '(program)' ? 'native: event loop, system calls' : `native: ${name}`;
}

function add(map, key, time) {
  map.set(key, (map.get(key) ?? 0) + time);
}
