package jupyter_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// signature signs message parts on a way of its own.
func signature(key string, parts [][]byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		mac.Write(p)
	}
	return []byte(hex.EncodeToString(mac.Sum(nil)))
}
