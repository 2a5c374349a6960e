// Functions of this file run in the page: they are sent there as text and see nothing of this module.

/** What the hooks leave on `window` for the tone meter to find. */
export interface PageHooks {
  intermixPeers?: RTCPeerConnection[];
  intermixMeters?: Map<MediaStreamTrack, { context: AudioContext; analyser: AnalyserNode }>;
}

/** Keeps every RTCPeerConnection that the page makes, so that what it receives can be measured whatever plays it. */
export function recordPeerConnections(): void {
  const hooks = window as unknown as PageHooks & { RTCPeerConnection: typeof RTCPeerConnection };
  const peers: RTCPeerConnection[] = [];
  hooks.intermixPeers = peers;
  hooks.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push(this);
      if (peers.length > 100) peers.shift();
    }
  };
}

/** Spectrum peak of a stream: the loudest frequency and its level in dB below full scale. */
export async function measureTone(source: {
  selector?: string;
  expression?: string;
}): Promise<{ hz: number; levelDb: number } | undefined> {
  const hooks = window as unknown as PageHooks;

  function receivedTrack(): MediaStreamTrack | undefined {
    const open = (hooks.intermixPeers ?? []).filter((peer) => peer.connectionState !== 'closed');
    const tracks = open.flatMap((peer) => peer.getReceivers().map((receiver) => receiver.track));
    return tracks.filter((track) => track.kind === 'audio' && track.readyState === 'live').at(-1);
  }

  async function streamOf(): Promise<MediaStream | undefined> {
    if (source.expression !== undefined) return (await new Function(`return (${source.expression})`)()) ?? undefined;
    if (source.selector === undefined) {
      const track = receivedTrack();
      return track && new MediaStream([track]);
    }
    const element = document.querySelector<HTMLMediaElement>(source.selector);
    if (!element || element.paused || element.muted) return undefined;
    return element.srcObject instanceof MediaStream ? element.srcObject : undefined;
  }

  const stream = await streamOf();
  const track = stream?.getAudioTracks()[0];
  if (!stream || !track) return undefined;
  // By the track itself: ids of remote tracks are the sender's choice and may be the same in each call.
  hooks.intermixMeters ??= new Map(); // By the track itself: calls that follow each other may give theirs the same id.
  let meter = hooks.intermixMeters.get(track);
  if (!meter) {
    // Chromium lets a remote track flow only while an element plays it; a muted one will do.
    const pump = new Audio();
    pump.muted = true;
    pump.srcObject = new MediaStream([track]);
    await pump.play().catch(() => undefined);
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(analyser);
    meter = { context, analyser };
    hooks.intermixMeters.set(track, meter);
  }
  if (meter.context.state !== 'running') await meter.context.resume().catch(() => undefined);
  const { analyser, context } = meter;
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  let peak = 0;
  for (let bin = 1; bin < spectrum.length; bin++) {
    if ((spectrum[bin] ?? -Infinity) > (spectrum[peak] ?? -Infinity)) peak = bin;
  }
  const levelDb = spectrum[peak] ?? -Infinity;
  if (levelDb < -60) return undefined;
  return { hz: (peak * context.sampleRate) / analyser.fftSize, levelDb };
}
