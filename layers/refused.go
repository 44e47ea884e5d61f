package layers

// Classes of Keras that cannot be here, and what to do.
var refusedClasses = map[string]string{
	"Lambda": "it holds Python code; write the function as a layer of your own with RegisterLayer(\"mine>Name\", …), " +
		"and save the model in Python with a class registered under that name",
	"StringLookup":      textRefused,
	"TextVectorization": textRefused,
	"Hashing":           textRefused,
	"HashedCrossing":    textRefused,
}

const (
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
