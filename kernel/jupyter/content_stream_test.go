package jupyter

import (
	"encoding/json"
	"testing"
)

// FuzzParseStream compares the fast reader with encoding/json: what it accepts
// must be the same.
func FuzzParseStream(f *testing.F) {
	for _, s := range []string{
		`{"name": "stdout", "text": "a\nb"}`, `{"text":"ü 日本 😀","name":"stderr"}`, `{"name":"x","text":"\u00e9\ud83d\ude00"}`,
		` { "name" : "a" , "text" : "\"\\\/\b\f\r\t" } `, `{"name":"a","text":"b"}x`, `{"name":"a"}`, `{"name":"a","name":"b"}`,
		`{"name":"a","text":"b",}`, `{}`, `{"Name":"a","text":null}`, "{\"name\":\"a\",\"text\":\"\x01\"}", "{\"name\":\"a\",\"text\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		fast, ok := parseStream(raw)
		if !ok {
			return
		}
		var slow Stream
		if err := json.Unmarshal(raw, &slow); err != nil || *fast != slow {
			t.Errorf("%q: %+v, encoding/json says %+v, %v", raw, *fast, slow, err)
		}
	})
}

func TestParseStreamIsFastWhereItMatters(t *testing.T) {
	for _, s := range []string{`{"name": "stdout", "text": "a\nb\u001b[0m ü"}`, `{"text":"","name":"stderr"}`} {
		if _, ok := parseStream([]byte(s)); !ok {
			t.Errorf("%s was left to encoding/json", s)
		}
	}
}
