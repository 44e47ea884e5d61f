// Package fakegateway is a gateway for tests, in front of fake kernels: the
// part of a Jupyter server that package gateway uses, with misbehavior on
// demand. Like the real one it keeps messages for a session that lost its
// connection.
package fakegateway
