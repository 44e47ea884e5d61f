package widgets

import (
	"encoding/json"
	"fmt"
	"sync"
)

// ButtonWidget is a button to click.
type ButtonWidget struct {
	*Model
	mu     sync.Mutex
	clicks []func()
}

// Button is a button with a text on it.
func Button(text string, options ...Option) *ButtonWidget {
	b := &ButtonWidget{Model: newModel("Button", map[string]any{"description": text})}
	b.OnCustom(b.clicked)
	b.open(options)
	return b
}

// OnClick adds a function that is called for each click.
func (b *ButtonWidget) OnClick(call func()) *ButtonWidget {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clicks = append(b.clicks, call)
	return b
}

// Click calls what a click calls.
func (b *ButtonWidget) Click() {
	b.mu.Lock()
	calls := append([]func(){}, b.clicks...)
	b.mu.Unlock()
	for _, call := range calls {
		call()
	}
}

func (b *ButtonWidget) clicked(content json.RawMessage, _ [][]byte) {
	var message struct {
		Event string `json:"event"`
	}
	if json.Unmarshal(content, &message) == nil && message.Event == "click" {
		b.Click()
	}
}

// chosenIndex reads a number that may be missing: -1.
func chosenIndex(raw json.RawMessage) (int, error) {
	var index *int
	if err := json.Unmarshal(raw, &index); err != nil {
		return 0, fmt.Errorf("want a number or null, got %.60s", raw)
	}
	if index == nil {
		return -1, nil
	}
	return *index, nil
}
