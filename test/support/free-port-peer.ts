/** Another process that is given ports: it tells them to its parent and stays. */
import { freePorts } from './free-port.ts';

process.send?.(await freePorts(20));
