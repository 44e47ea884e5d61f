package jupyter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
)

// ErrReplayed says that a message came before: somebody recorded it and sends
// it again.
var ErrReplayed = errors.New("the message came before, with this very signature")

// rememberedSignatures is how many messages back a repetition is noticed.
const rememberedSignatures = 1 << 14

// ReplayGuard remembers the signatures of messages, so that each is taken once,
// as Jupyter's own clients and kernels do. Every message has an id of its own,
// so no two that are meant to be have the same. The zero ReplayGuard remembers
// nothing yet; it is for all channels of a connection and may be used by
// several goroutines.
type ReplayGuard struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]bool
	last [][sha256.Size]byte // a ring; next is the oldest
	next int
}

// Decode is [Signer.Decode], with an error that wraps [ErrReplayed] for a
// message that came before. Without a key there are no signatures to tell by.
func (g *ReplayGuard) Decode(s Signer, frames [][]byte) (*Message, error) {
	m, err := s.Decode(frames)
	if err != nil || len(s.key) == 0 {
		return m, err
	}
	var signature [sha256.Size]byte
	// Decode has read it in this very place; letters of either case are one
	// signature.
	if _, err := hex.Decode(signature[:], frames[len(m.Identities)+1]); err != nil {
		return nil, ErrBadSignature
	}
	if !g.first(signature) {
		return nil, ErrReplayed
	}
	return m, nil
}

func (g *ReplayGuard) first(signature [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen[signature] {
		return false
	}
	if g.seen == nil {
		g.seen = map[[sha256.Size]byte]bool{}
	}
	if len(g.last) < rememberedSignatures {
		g.last = append(g.last, signature)
	} else {
		delete(g.seen, g.last[g.next])
		g.last[g.next] = signature
		g.next = (g.next + 1) % rememberedSignatures
	}
	g.seen[signature] = true
	return true
}
