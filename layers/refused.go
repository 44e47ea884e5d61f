package layers

// Classes of Keras that cannot be here, and what to do.
var refusedClasses = map[string]string{
	"Lambda": "it holds Python code; write the function as a layer of your own with RegisterLayer(\"mine>Name\", …), " +
		"and save the model in Python with a class registered under that name",
	"Masking":           masksRefused,
	"StringLookup":      textRefused,
	"TextVectorization": textRefused,
	"Hashing":           textRefused,
	"HashedCrossing":    textRefused,
}

const (
	masksRefused = "masks are not passed on to other layers; leave the padded steps out, or give them an " +
		"Embedding of zeros"
	textRefused = "inputs here are numbers; turn text into numbers before the model"
)

func init() {
	for class, reason := range refusedClasses {
		RegisterLayer(class, func(s *Settings) Layer {
			s.Fail("Keras' %s is not supported: %s", class, reason)
			return PassThrough()
		})
	}
}
