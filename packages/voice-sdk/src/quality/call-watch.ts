import type { InviteSession } from '@intermix/sip';
import type { TellOfCall } from '../call/call-types.js';
import type { Negotiator } from '../call/negotiator.js';
import { PathMender } from '../call/path-mender.js';
import type { Platform } from '../platform.js';
import { type CallQuality, QualityMeter } from './quality-meter.js';
import type { QualityWarning } from './quality-warnings.js';

/** RTP comes each 20 ms: this long without any is no accident. */
const CHECK_PATH_MS = 400;

export interface CallWatchDeps {
  platform: Platform;
  session: InviteSession;
  connection: RTCPeerConnection;
  negotiator: Negotiator;
  tell: TellOfCall;
}

/** Looks after the audio of one call that stands: figures, warnings, and the mending of its path. */
export class CallWatch extends PathMender {
  readonly #deps: CallWatchDeps;
  readonly #quality: QualityMeter;

  constructor(deps: CallWatchDeps) {
    const { platform, session, connection, negotiator, tell } = deps;
    const { clock, random } = platform;
    super({
      ...{ clock, random, connection },
      isAudioDue: () => !negotiator.held && !negotiator.remoteHeld,
      restart: async () => {
        if (!session.flow.closed) await negotiator.refresh(true);
      },
      changed: (broken) => tell(broken ? 'reconnecting' : 'reconnected', 'media'),
    });
    this.#deps = deps;
    const listener = {
      quality: (quality: CallQuality) => tell('quality', quality),
      warning: (warning: QualityWarning) => tell('qualityWarning', warning),
      cleared: (warning: QualityWarning) => tell('qualityWarningCleared', warning),
    };
    this.#quality = new QualityMeter({ connection, clock, listener });
  }

  /** The network may have changed: true when nothing is heard any more, and nobody knows of it yet. */
  async isLost(): Promise<boolean> {
    const { platform, session } = this.#deps;
    this.doubt();
    await new Promise<void>((resolve) => platform.clock.schedule(CHECK_PATH_MS, resolve));
    // No way to the server: its return does this. Already broken: it is being mended.
    return !session.flow.closed && (await this.judge()) && !this.broken;
  }

  override stop(): void {
    this.#quality.stop();
    super.stop();
  }
}
