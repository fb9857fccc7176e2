/** Another process that is given ports: it tells them to its parent, and stays as long as that one listens. */
import { freePorts } from './free-port.ts';

process.on('message', () => undefined);
process.send?.(await freePorts(20));
