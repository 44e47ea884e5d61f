package jupyter

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// Transports of a connection.
const (
	TCP = "tcp" // ports on an IP address
	IPC = "ipc" // unix sockets
)

const signatureScheme = "hmac-sha256"

// ConnectionInfo says where a kernel listens and with which key messages are
// signed: the content of a connection file, see
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files.
type ConnectionInfo struct {
	Transport string `json:"transport"`
	// IP is an address, or for IPC the path in front of "-<port>".
	IP              string `json:"ip"`
	ShellPort       int    `json:"shell_port"`
	ControlPort     int    `json:"control_port"`
	StdinPort       int    `json:"stdin_port"`
	IOPubPort       int    `json:"iopub_port"`
	HBPort          int    `json:"hb_port"`
	SignatureScheme string `json:"signature_scheme"`
	Key             string `json:"key"`
	KernelName      string `json:"kernel_name,omitempty"`
}

// NewTCPConnection returns a connection on free ports of the loopback
// interface, with a new key. Another process can take a port before the kernel
// does; [NewIPCConnection] has no such race.
func NewTCPConnection() (*ConnectionInfo, error) {
	c := &ConnectionInfo{Transport: TCP, IP: "127.0.0.1", SignatureScheme: signatureScheme, Key: newKey()}
	for _, port := range c.ports() {
		// All listeners stay open until every port is found: else the
		// system could give the same one twice.
		l, err := net.Listen("tcp", net.JoinHostPort(c.IP, "0"))
		if err != nil {
			return nil, fmt.Errorf("jupyter: find a free port: %w", err)
		}
		defer l.Close()
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return c, nil
}

// NewIPCConnection returns a connection over unix sockets in dir, with a new
// key. Only the owner of dir should be able to enter it.
func NewIPCConnection(dir string) (*ConnectionInfo, error) {
	c := &ConnectionInfo{Transport: IPC, IP: filepath.Join(dir, "s"), SignatureScheme: signatureScheme, Key: newKey()}
	for i, port := range c.ports() {
		*port = i + 1
	}
	if path := c.socketPath(Heartbeat); len(path) > maxSocketPath {
		return nil, fmt.Errorf("jupyter: socket path %s has %d bytes, the system allows %d", path, len(path), maxSocketPath)
	}
	return c, nil
}

// ReadConnectionFile reads a connection file and refuses one that is not
// complete and sound.
func ReadConnectionFile(path string) (*ConnectionInfo, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("jupyter: connection file: %w", err)
	}
	c, err := ParseConnection(data)
	if err != nil {
		return nil, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return c, nil
}

// ParseConnection reads the content of a connection file. Fields it does not
// know are ignored, except for those that ask for encryption.
func ParseConnection(data []byte) (*ConnectionInfo, error) {
	var file struct {
		ConnectionInfo
		CurvePublicKey string `json:"curve_publickey"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	if file.CurvePublicKey != "" {
		return nil, errors.New("the kernel wants CurveZMQ encryption, which is not supported")
	}
	c := &file.ConnectionInfo
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Validate says what makes the connection unusable.
func (c *ConnectionInfo) Validate() error {
	var highest int
	switch c.Transport {
	case TCP:
		highest = 65535
		if c.IP == "" {
			return errors.New("no ip")
		}
	case IPC:
		highest = 1 << 30 // a name here, no port
		if c.IP == "" {
			return errors.New("no ip, which is the sockets' path for transport ipc")
		}
	default:
		return fmt.Errorf("transport %q: want %q or %q", c.Transport, TCP, IPC)
	}
	seen := map[int]Channel{}
	for i, port := range c.ports() {
		ch := Channel(i)
		if *port < 1 || *port > highest {
			return fmt.Errorf("port of the %s channel is %d: want 1 to %d", ch, *port, highest)
		}
		if other, taken := seen[*port]; taken {
			return fmt.Errorf("channels %s and %s have the same port %d", other, ch, *port)
		}
		seen[*port] = ch
	}
	// Without a key no scheme is in use.
	if c.SignatureScheme != signatureScheme && c.Key != "" {
		return fmt.Errorf("signature_scheme %q: want %q", c.SignatureScheme, signatureScheme)
	}
	return nil
}

// Endpoint returns the address of a channel, for instance
// "tcp://127.0.0.1:5555".
func (c *ConnectionInfo) Endpoint(ch Channel) string {
	if c.Transport == IPC {
		return "ipc://" + c.socketPath(ch)
	}
	return c.Transport + "://" + net.JoinHostPort(c.IP, strconv.Itoa(*c.ports()[ch]))
}

// WriteFile writes the connection file: atomically, readable by the owner
// only, because the key in it lets one run code as the owner.
func (c *ConnectionInfo) WriteFile(path string) error {
	private := wholefile.Options{Mode: 0o600, Disk: wholefile.Nothing}
	if err := private.Write(path, wholefile.JSON(c, "  ")); err != nil {
		return fmt.Errorf("jupyter: write connection file: %w", err)
	}
	return nil
}

// ports returns the ports in the order of the channels.
func (c *ConnectionInfo) ports() [5]*int {
	return [5]*int{
		Shell: &c.ShellPort, Control: &c.ControlPort, Stdin: &c.StdinPort, IOPub: &c.IOPubPort, Heartbeat: &c.HBPort,
	}
}

func (c *ConnectionInfo) socketPath(ch Channel) string {
	return c.IP + "-" + strconv.Itoa(*c.ports()[ch])
}

// newKey returns a key with at least 128 bits of randomness.
func newKey() string { return rand.Text() }
