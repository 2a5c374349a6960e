import type { Clock, Logger, Random } from '@intermix/kernel';
import type { MediaEngine } from '@intermix/media';
import type { EndpointFace, Flow, Resolver, SocketAddress } from '@intermix/sip';
import { SipSessions } from '../auth/sip-sessions.js';
import { type DigestAlgorithm, UserAuthenticator } from '../auth/user-authenticator.js';
import { CarrierGuesses } from '../carriers/carrier-guesses.js';
import { CarrierLimits } from '../carriers/carrier-limits.js';
import { CarrierSources } from '../carriers/carrier-sources.js';
import { type UnknownSourcePolicy, UnknownSources } from '../carriers/unknown-sources.js';
import type { GuessLimit, GuessLimits } from '../limits/guess-limiter.js';
import type { CallPrograms } from '../ports/call-programs.js';
import type { CallStore } from '../ports/call-store.js';
import type { CarrierDirectory, UserDirectory } from '../ports/directory.js';
import type { RecordingControl } from '../ports/recording-control.js';
import { IceServers, type IceServersConfig } from '../registrar/ice-servers.js';
import { type LocationStore, MemoryLocationStore } from '../registrar/location-store.js';
import { Registrar } from '../registrar/registrar.js';
import type { RegistrarConfig } from '../registrar/registrar-config.js';
import { CallerIdentification } from '../routing/caller-identification.js';
import { ConnectPlanner } from '../routing/connect-planner.js';
import { DialOut } from '../routing/dial-out.js';
import { Placement } from '../routing/placement.js';
import { Router } from '../routing/router.js';
import { UserDevices } from '../routing/user-devices.js';
import { Switch } from './switch.js';
import type { SwitchConfig } from './switch-config.js';

export interface SwitchboardConfig extends Partial<SwitchConfig> {
  domains: readonly string[];
  registrar?: Partial<RegistrarConfig>;
  guessLimits?: GuessLimits;
  /** Wrong carrier passwords of one source before it hears 403. */
  carrierGuessLimit?: GuessLimit;
  /** Digest challenges to users, in order. MD5 alone unless told otherwise. */
  algorithms?: readonly DigestAlgorithm[];
  unknownSources?: Partial<UnknownSourcePolicy>;
  /** How long a change of a carrier may take to be noticed without `refreshCarriers`. */
  carrierRefreshMs?: number;
  /** `+E.164` prefixes of the numbers that the simulated PSTN answers. */
  simulatedPrefixes?: readonly string[];
  /** STUN and TURN servers that browsers are told of when they register. */
  iceServers?: IceServersConfig;
}

export interface SwitchboardDeps {
  endpoint: EndpointFace;
  media: MediaEngine;
  users: UserDirectory;
  carriers: CarrierDirectory;
  calls: CallStore;
  /** Flows that a number's target may name. */
  programs?: CallPrograms;
  /** Lets the devices in a call start, pause, resume and stop its recording. */
  recordingControl?: RecordingControl | undefined;
  location?: LocationStore;
  /** For carriers known by name; the endpoint's own will do. */
  resolver?: Resolver;
  /** Where the simulated PSTN is, once it runs. */
  simulatedAddress?: () => SocketAddress | undefined;
  /** Signs short-lived passwords; made anew without, so that they end with the process. */
  sessionKey?: Uint8Array;
  /** A user has proved itself over this flow, by REGISTER or by a call. */
  onProved?: (flow: Flow) => void;
  clock: Clock;
  random: Random;
  logger: Logger;
  config: SwitchboardConfig;
}

/** The parts of this package, joined. */
export interface Switchboard {
  readonly switch: Switch;
  readonly registrar: Registrar;
  readonly location: LocationStore;
  /** Short-lived passwords of users. */
  readonly sessions: SipSessions;
  /** What browsers are told of STUN and TURN. */
  readonly iceServers: IceServers | undefined;
  /** Reads the carriers and takes hold of the endpoint. Call it before the endpoint starts. */
  start(): Promise<void>;
  /** To be called after a carrier was added, changed or removed. */
  refreshCarriers(): Promise<void>;
  /** See `Switch.stop`. The endpoint is to be stopped afterwards. */
  stop(): Promise<void>;
}

/** Builds the switch with all it stands on. */
export function createSwitchboard(deps: SwitchboardDeps): Switchboard {
  const { endpoint, media, users, carriers, calls, resolver, simulatedAddress, clock, random, logger, config } = deps;
  const { domains, algorithms, guessLimits, simulatedPrefixes = [], unknownSources, carrierRefreshMs } = config;
  const location = deps.location ?? new MemoryLocationStore();
  const sessions = new SipSessions({ users, key: deps.sessionKey ?? random.bytes(32), clock, random });
  const authenticator = new UserAuthenticator({
    ...{ users, location, sessions, domains, clock, random, onProved: deps.onProved },
    ...(guessLimits ? { guessLimits } : {}),
    ...(algorithms ? { algorithms } : {}),
  });
  const iceServers = config.iceServers && new IceServers(config.iceServers, clock);
  const registrar = new Registrar({
    ...{ authenticator, location, clock, logger, iceServers },
    config: config.registrar ?? {},
  });
  const strangers = new UnknownSources({ clock, logger, policy: unknownSources });
  const guesses = new CarrierGuesses({ clock, logger, limit: config.carrierGuessLimit });
  const sources = new CarrierSources({
    ...{ carriers, resolver, clock, logger },
    ...(carrierRefreshMs === undefined ? {} : { refreshMs: carrierRefreshMs }),
    ...(simulatedAddress ? { simulatedAddress } : {}),
  });
  const limits = new CarrierLimits({ clock });
  const identification = new CallerIdentification({
    ...{ authenticator, users, location, sources, strangers, guesses, domains, clock, random },
  });
  const dialOut = new DialOut({ carriers, sources, limits, domains, simulatedPrefixes });
  const devices = new UserDevices({ location, carriers, dialOut });
  const router = new Router({ users, carriers, devices, dialOut, domains, programs: deps.programs });
  const placement = new Placement({ devices, dialOut, carriers });
  const connectPlanner = new ConnectPlanner({ users, carriers, devices, dialOut });
  const strangersRefused = () => strangers.refused;
  const carrierGuesses = () => guesses.wrong;
  const theSwitch = new Switch({
    ...{
      endpoint,
      media,
      registrar,
      identification,
      router,
      placement,
      connectPlanner,
      calls,
      clock,
      random,
      logger,
      config,
      strangersRefused,
    },
    carrierGuesses,
    recordingControl: deps.recordingControl,
  });
  return {
    switch: theSwitch,
    registrar,
    location,
    sessions,
    iceServers,
    async start() {
      await sources.start();
      theSwitch.start();
    },
    refreshCarriers: () => sources.refresh(),
    async stop() {
      sources.stop();
      await theSwitch.stop();
    },
  };
}
