import { runBotChild } from '@intermix/bots/bot-child';

// The process of the bots: what they are is decided in their package. Forked by the worker that bots-side builds.
runBotChild();
