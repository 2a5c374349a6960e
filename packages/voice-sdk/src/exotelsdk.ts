// The classic script: `<script src="exotelsdk.js">` gives the global `exotelSDK`. Loading it opens and makes nothing.
export { ExotelWebClient as default } from './compat/exotel-web-client.js';
export * from './index.js';
