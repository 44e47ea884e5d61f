package zmtp

import (
	"context"
	"net"
)

// OpenForTest performs the client's handshake over any connection.
func OpenForTest(conn net.Conn) (*Conn, error) {
	return open(context.Background(), conn, Dealer, "", false)
}
