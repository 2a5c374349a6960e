// The process of the bots, as the server forks it.
import { runBotChild } from '@intermix/bots/bot-child';

runBotChild();
