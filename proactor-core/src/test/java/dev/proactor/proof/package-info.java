/** What the proactor must show under load, in bad company and when nobody is there: over real sockets, through the public API. */
package dev.proactor.proof;
