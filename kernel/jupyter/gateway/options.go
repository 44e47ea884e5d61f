package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// Options say where a gateway is and how it is reached. Only URL is required.
type Options struct {
	// URL is the server's address, http or https. A path is kept in front of
	// /api, but for /lab, /tree and the like, and a query ?token= is taken as
	// Token: the address that a Jupyter server prints when it starts will do.
	URL string
	// WebsocketURL is the address of the websockets, ws or wss, if it is
	// another one than URL.
	WebsocketURL string

	// Token is what the server knows us by: the header AuthHeader
	// ("Authorization") says AuthScheme ("token") and the token.
	Token, AuthScheme, AuthHeader string
	// User and Password are those of HTTP's basic authentication.
	User, Password string
	// Headers are further headers of every request.
	Headers map[string]string

	// CACerts is a file with the certificates of authorities that are trusted
	// instead of the system's. ClientCert and ClientKey are files with the
	// certificate that we show, in PEM.
	CACerts, ClientCert, ClientKey string
	// AnyCert accepts every certificate: nobody knows then who answers.
	AnyCert bool

	// ConnectTimeout is how long a connection may take to be made, 40 s by
	// default; RequestTimeout how long an answer may take, 42 s by default. A
	// kernel's start may take longer if the caller's context lets it.
	ConnectTimeout, RequestTimeout time.Duration
	// A websocket that broke is made again up to RetryMax times (5; negative:
	// never), the first time at once, later after RetryInterval (1 s), twice
	// that and so on, at most after RetryIntervalMax (30 s).
	RetryInterval, RetryIntervalMax time.Duration
	RetryMax                        int

	// Env are variables for every kernel, "NAME=value": see
	// [StartOptions.Env].
	Env []string
}

// URLVariable is the environment variable with the address of the gateway.
const URLVariable = "JUPYTER_GATEWAY_URL"

// FromEnvironment reads the options from the variables JUPYTER_GATEWAY_*, by
// the names and with the meanings that jupyter_server's own client of gateways
// has for them
// (https://jupyter-server.readthedocs.io/en/latest/api/jupyter_server.gateway.html).
// environ has the form of [os.Environ]. Options.URL is empty if there is no
// JUPYTER_GATEWAY_URL.
func FromEnvironment(environ []string) (Options, error) {
	values := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}
	o := Options{
		URL: values[URLVariable], WebsocketURL: values["JUPYTER_GATEWAY_WS_URL"],
		Token:      values["JUPYTER_GATEWAY_AUTH_TOKEN"],
		AuthScheme: values["JUPYTER_GATEWAY_AUTH_SCHEME"], AuthHeader: values["JUPYTER_GATEWAY_AUTH_HEADER_KEY"],
		User: values["JUPYTER_GATEWAY_HTTP_USER"], Password: values["JUPYTER_GATEWAY_HTTP_PWD"],
		CACerts:    values["JUPYTER_GATEWAY_CA_CERTS"],
		ClientCert: values["JUPYTER_GATEWAY_CLIENT_CERT"], ClientKey: values["JUPYTER_GATEWAY_CLIENT_KEY"],
	}
	var errs []error
	read := func(name string, parse func(string) error) {
		if text := strings.TrimSpace(values[name]); text != "" {
			if err := parse(text); err != nil {
				errs = append(errs, fmt.Errorf("%s is %q: %w", name, text, err))
			}
		}
	}
	seconds := func(name string, into *time.Duration) {
		read(name, func(text string) error {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil || !(value > 0 && value < 1e9) {
				return errors.New("want a number of seconds over 0")
			}
			*into = time.Duration(value * float64(time.Second))
			return nil
		})
	}
	seconds("JUPYTER_GATEWAY_CONNECT_TIMEOUT", &o.ConnectTimeout)
	seconds("JUPYTER_GATEWAY_REQUEST_TIMEOUT", &o.RequestTimeout)
	seconds("JUPYTER_GATEWAY_RETRY_INTERVAL", &o.RetryInterval)
	seconds("JUPYTER_GATEWAY_RETRY_INTERVAL_MAX", &o.RetryIntervalMax)
	read("JUPYTER_GATEWAY_RETRY_MAX", func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return errors.New("want a number from 0")
		}
		if o.RetryMax = n; n == 0 {
			o.RetryMax = -1
		}
		return nil
	})
	read("JUPYTER_GATEWAY_VALIDATE_CERT", func(text string) error {
		switch strings.ToLower(text) {
		case "no", "false", "0":
			o.AnyCert = true
		case "yes", "true", "1":
		default:
			return errors.New("want true or false")
		}
		return nil
	})
	read("JUPYTER_GATEWAY_HEADERS", func(text string) error {
		if err := json.Unmarshal([]byte(text), &o.Headers); err != nil {
			return errors.New(`want a JSON object of texts such as {"X-Team": "ours"}`)
		}
		return nil
	})
	o.Env = kernelVariables(values)
	return o, errors.Join(errs...)
}

// kernelVariables are those of our own variables that a gateway is given: the
// ones that it is known to look at, and those that the user names.
func kernelVariables(values map[string]string) []string {
	allowed := strings.Split(values["JUPYTER_GATEWAY_ALLOWED_ENVS"]+","+values["JUPYTER_GATEWAY_ENV_WHITELIST"], ",")
	named := map[string]bool{}
	for _, name := range allowed {
		named[strings.TrimSpace(name)] = true
	}
	var env []string
	for name, value := range values {
		if strings.HasPrefix(name, "KERNEL_") || named[name] {
			env = append(env, name+"="+value)
		}
	}
	if _, ok := values["KERNEL_USERNAME"]; ok {
		return env
	}
	if name := values["JUPYTER_GATEWAY_HTTP_USER"]; name != "" {
		return append(env, "KERNEL_USERNAME="+name)
	}
	if u, err := user.Current(); err == nil {
		env = append(env, "KERNEL_USERNAME="+u.Username)
	}
	return env
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&o.ConnectTimeout, 40*time.Second)
	set(&o.RequestTimeout, 42*time.Second)
	set(&o.RetryInterval, time.Second)
	set(&o.RetryIntervalMax, 30*time.Second)
	if o.RetryMax == 0 {
		o.RetryMax = 5
	}
	if o.AuthScheme == "" {
		o.AuthScheme = "token"
	}
	if o.AuthHeader == "" {
		o.AuthHeader = "Authorization"
	}
	return o
}

// pages are the first parts of addresses that a Jupyter server shows to people.
var pages = []string{"/lab", "/tree", "/notebooks", "/doc"}

// addresses are where the API and the websockets are, without a query, and the
// token that stood in the query.
func (o Options) addresses() (rest, sockets *url.URL, token string, err error) {
	rest, err = url.Parse(o.URL)
	if err != nil || rest.Host == "" || rest.Scheme != "http" && rest.Scheme != "https" {
		// The parser's own error would show what may be a token.
		return nil, nil, "", errors.New("the gateway's address is not of the form http://HOST:PORT or https://HOST/PATH")
	}
	token = rest.Query().Get("token")
	rest.RawQuery, rest.Fragment = "", ""
	for _, page := range pages {
		if at := strings.Index(rest.Path+"/", page+"/"); at >= 0 {
			rest.Path = rest.Path[:at]
		}
	}
	rest.Path, rest.RawPath = strings.TrimSuffix(rest.Path, "/"), ""
	socketsURL := *rest
	socketsURL.Scheme = "ws" + strings.TrimPrefix(rest.Scheme, "http")
	if o.WebsocketURL != "" {
		given, err := url.Parse(o.WebsocketURL)
		if err != nil || given.Host == "" || given.Scheme != "ws" && given.Scheme != "wss" {
			return nil, nil, "", errors.New("the address of the gateway's websockets is not of the form " +
				"ws://HOST:PORT or wss://HOST/PATH")
		}
		socketsURL = *given
		socketsURL.Path = strings.TrimSuffix(socketsURL.Path, "/")
	}
	return rest, &socketsURL, token, nil
}
