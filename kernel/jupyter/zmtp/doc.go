// Package zmtp carries multi-frame messages over the few ZeroMQ socket types
// that Jupyter uses: DEALER, SUB and REQ on the client's side ([Dial]),
// ROUTER, PUB and REP on the kernel's side ([Listen]).
//
// It stands on the connection layer of github.com/go-zeromq/zmq4 (handshake
// and framing, https://rfc.zeromq.org/spec/23/) and leaves out that library's
// socket layer on purpose. In v0.17.0 the latter
//   - sleeps between dial attempts without looking at the context,
//   - reads ahead into a queue of ten messages, blocks on it, and leaks the
//     goroutine that does so when the socket is closed,
//   - reports the loss of a connection once and then blocks in Recv for ever,
//   - logs to the process's stderr.
//
// A client of one kernel needs no fan-in, no fair queueing and no reconnection,
// so one [Conn] is one connection: it reads in the goroutine that calls Recv,
// and the end of the connection is an error every time one asks.
package zmtp
