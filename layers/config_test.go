package layers

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// asJSON passes a configuration through JSON, as files do.
func asJSON(t *testing.T, config map[string]any) map[string]any {
	t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// branched is a functional model with a shared layer and two outputs.
func branched() *Model {
	in := Input(8, 8, 3)
	a := Conv2D(2, 3).Apply(in)
	shared := Conv2D(2, 3).Padding(Same).Named("shared")
	b := shared.Apply(a)
	c := Add().Apply(shared.Apply(b), a)
	d := Concatenate().Apply(a, c)
	return Functional("f", Symbols{in}, Symbols{d, c})
}

func TestModelConfigRoundTrip(t *testing.T) {
	nested := func() *Model {
		in := Input(8, 8, 3)
		tail := Sequential("tail", Input(6, 6, 4), Flatten(), Dense(2))
		head := branched().Tap("concatenate")
		return Functional("outer", Symbols{in}, Symbols{tail.Apply(head.Apply(in))})
	}
	for _, m := range []*Model{walkthroughModel1(), branched(), nested()} {
		if err := m.Err(); err != nil {
			t.Fatal(err)
		}
		for _, config := range []map[string]any{m.KerasConfig(), m.LegacyKerasConfig()} {
			again, err := ModelFromConfig(asJSON(t, config))
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			if !reflect.DeepEqual(asJSON(t, again.KerasConfig()), asJSON(t, m.KerasConfig())) {
				t.Errorf("%s: the configuration changed in a round trip", m.Name())
			}
			if again.CountParams() != m.CountParams() {
				t.Errorf("%s: %d parameters after a round trip, %d before", m.Name(), again.CountParams(), m.CountParams())
			}
		}
	}
}

func TestFromConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		class, config, want string
	}{
		{"NoSuchLayer", `{"name":"l"}`, `layer "l" (NoSuchLayer): unknown layer "NoSuchLayer"; known are Activation, Act`},
		{"Dense", `{}`, "units must be at least 1, got 0"},
		{"Dense", `{"units":1.5}`, "units wants a whole number, got 1.5"},
		{"Dense", `{"units":"many"}`, "units wants a float64, got many"},
		{"Dense", `{"units":3,"activation":"mish2"}`, `unknown activation "mish2"`},
		{"Dense", `{"units":3,"dtype":"mixed_float16"}`, `dtype "mixed_float16" is not supported, only ["float32" "mixed_bfloat16"]`},
		{"Dense", `{"units":3,"kernel_regularizer":{"class_name":"L2","config":{"l3":1}}}`, "kernel_regularizer: regularizer L2: setting l3 = 1 is not supported"},
		{"Dense", `{"units":3,"kernel_initializer":{"class_name":"Pink","config":{}}}`, `unknown initializer "Pink"`},
		{"Conv2D", `{"filters":3,"kernel_size":[3,3],"data_format":"channels_middle"}`,
			`data format must be "channels_last" or "channels_first"`},
		{"Conv2D", `{"filters":3,"kernel_size":[3,3,3]}`, "kernel size wants 1 or 2 values"},
		{"Conv2D", `{"filters":3,"kernel_size":3,"padding":"causal"}`, `padding must be one of ["valid" "same"], got "causal"`},
		{"Dropout", `{}`, "rate must be between 0 and 1, got -1"},
		{"BatchNormalization", `{"renorm":true,"renorm_clipping":{"rmid":1}}`,
			`renorm clipping knows rmin, rmax and dmax, got "rmid"`},
		{"Resizing", `{"height":2,"width":2,"interpolation":"cubic"}`, `interpolation must be one of ["bilinear" `},
	} {
		var config map[string]any
		if err := json.Unmarshal([]byte(c.config), &config); err != nil {
			t.Fatal(err)
		}
		if _, err := FromConfig(c.class, config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s:\n got %v\nwant %s", c.class, c.config, err, c.want)
		}
	}
}

func TestModelFromConfigRefuses(t *testing.T) {
	input := `{"class_name":"InputLayer","name":"i","config":{"name":"i","batch_shape":[null,4]},"inbound_nodes":[]}`
	for _, c := range []struct{ config, want string }{
		{`{}`, "wants class_name and config"},
		{`{"class_name":"Sequential","config":{"name":"s"}}`, `model "s" has no list of layers`},
		{`{"class_name":"Sequential","config":{"name":"s","layers":[]}}`, "at least 1 layer"},
		{`{"class_name":"Subclassed","config":{"layers":[]}}`, `class "Subclassed" is not supported`},
		{`{"class_name":"Functional","config":{"name":"f","layers":[` + input + `],"input_layers":[["i",0,0]],"output_layers":[["x",0,0]]}}`,
			"output_layers: no tensor [x 0 0]"},
		{`{"class_name":"Functional","config":{"name":"f","layers":[` + input + `,
			{"class_name":"Flatten","name":"a","config":{"name":"a"},"inbound_nodes":[[["b",0,0,{}]]]}],
			"input_layers":[["i",0,0]],"output_layers":[["a",0,0]]}}`, `layer "a" reads [{b 0 0}], which does not exist`},
		{`{"class_name":"Sequential","config":{"name":"s","layers":[
			{"class_name":"InputLayer","config":{"batch_shape":[null,1000000,1000000,1000]}},
			{"class_name":"Flatten","config":{}}]}}`, "has more than"},
	} {
		var config map[string]any
		if err := json.Unmarshal([]byte(c.config), &config); err != nil {
			t.Fatal(err)
		}
		if _, err := ModelFromConfig(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.config, err, c.want)
		}
	}
}

// FuzzModelFromConfig: whatever a file says, the answer is a model or an error.
func FuzzModelFromConfig(f *testing.F) {
	for _, m := range []*Model{walkthroughModel1(), branched()} {
		data, err := json.Marshal(m.KerasConfig())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		data, err = json.Marshal(m.LegacyKerasConfig())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var config map[string]any
		if json.Unmarshal(data, &config) != nil {
			return
		}
		m, err := ModelFromConfig(config)
		if err == nil && m.Ready() == nil {
			m.CountParams()
		}
	})
}

// TestNodesCountedFromOne: files up to Keras 2 count the nodes of nested models
// from 1.
func TestNodesCountedFromOne(t *testing.T) {
	x := Input(4)
	inner := Functional("inner", Symbols{x}, Symbols{Dense(3).Apply(x), Dense(4).Apply(x)})
	z := Input(4)
	first := inner.Apply(z)
	second := inner.Apply(first.Result(1))
	m := Functional("outer", Symbols{z}, Symbols{Add().Apply(first, second), second})
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	text, err := json.Marshal(m.KerasConfig())
	if err != nil {
		t.Fatal(err)
	}
	older := strings.NewReplacer(`"keras_history":["inner",0,`, `"keras_history":["inner",1,`,
		`"keras_history":["inner",1,`, `"keras_history":["inner",2,`).Replace(string(text))
	if older == string(text) {
		t.Fatalf("no nodes of the nested model in %s", text)
	}
	for _, text := range []string{string(text), older} {
		var config map[string]any
		if err := json.Unmarshal([]byte(text), &config); err != nil {
			t.Fatal(err)
		}
		again, err := ModelFromConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Summary(); got != m.Summary() {
			t.Errorf("comes back as\n%s\nwant\n%s", got, m.Summary())
		}
	}
}

// TestSeedsStayWhole: a seed that a file has as 5 is 5 again in the next file.
// Keras refuses 5.0, as which files have a float64.
func TestSeedsStayWhole(t *testing.T) {
	for class, config := range map[string]map[string]any{
		"Dropout": {"rate": 0.5}, "AlphaDropout": {"rate": 0.5}, "SpatialDropout2D": {"rate": 0.5},
		"GaussianNoise": {"stddev": 0.5},
		"RandomFlip":    {}, "RandAugment": {}, "LSTM": {"units": 2}, "Attention": {},
		"MultiHeadAttention": {"num_heads": 1.0, "key_dim": 2.0},
	} {
		config["name"], config["seed"] = "layer", 5.0
		layer, err := FromConfig(class, config)
		if err != nil {
			t.Fatal(err)
		}
		if seed := layer.Config()["seed"]; seed != 5 {
			t.Errorf("%s: the seed 5 comes back as %v (%T)", class, seed, seed)
		}
	}
}
