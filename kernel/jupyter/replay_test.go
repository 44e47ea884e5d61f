package jupyter

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func signed(t *testing.T, s Signer, id string) [][]byte {
	t.Helper()
	frames, err := s.Encode(&Message{Header: Header{ID: id, Type: "status"},
		Content: []byte(`{"execution_state":"idle"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

func TestReplaysAreRefused(t *testing.T) {
	var guard ReplayGuard
	s := NewSigner("secret")
	first := signed(t, s, "1")
	if _, err := guard.Decode(s, first); err != nil {
		t.Fatal(err)
	}
	again := map[string][][]byte{
		"the same frames":     first,
		"with identities":     append([][]byte{[]byte("kernel.status")}, first...),
		"in capital letters":  {first[0], bytes.ToUpper(first[1]), first[2], first[3], first[4], first[5]},
		"with another buffer": append(append([][]byte{}, first...), []byte("buffer")), // buffers are not signed
	}
	for name, frames := range again {
		if _, err := guard.Decode(s, frames); !errors.Is(err, ErrReplayed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := guard.Decode(NewSigner("other"), first); !errors.Is(err, ErrBadSignature) {
		t.Errorf("another key: %v", err)
	}
	for i := range rememberedSignatures - 1 {
		if _, err := guard.Decode(s, signed(t, s, fmt.Sprint("next ", i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := guard.Decode(s, first); !errors.Is(err, ErrReplayed) {
		t.Errorf("after %d messages: %v", rememberedSignatures-1, err)
	}
	if _, err := guard.Decode(s, signed(t, s, "one more")); err != nil || len(guard.seen) != rememberedSignatures ||
		len(guard.last) != rememberedSignatures {
		t.Errorf("%v, %d signatures remembered", err, len(guard.seen))
	}

	var unsigned ReplayGuard
	for range 2 { // a connection without a key
		if _, err := unsigned.Decode(Signer{}, signed(t, Signer{}, "1")); err != nil {
			t.Error(err)
		}
	}
}
