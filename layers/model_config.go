package layers

// Config returns Keras' configuration of the model.
func (m *Model) Config() map[string]any {
	return m.config()
}
