package command

import (
	"os"

	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
)

// GatewayFlag declares -gateway.
func (f *Flags) GatewayFlag(url *string) {
	f.StringVar(url, "gateway", os.Getenv(gateway.URLVariable),
		"`URL` of a Jupyter Server or gateway that runs the kernels; its token is in JUPYTER_GATEWAY_AUTH_TOKEN")
	f.Lookup("gateway").DefValue = "" // the help shows it, and it may hold a token
}

// Gateway is the gateway with this address, and what the environment says of
// it; nil without an address.
func Gateway(url string) (*gateway.Gateway, error) {
	if url == "" {
		return nil, nil
	}
	options, err := gateway.FromEnvironment(os.Environ())
	if err == nil {
		options.URL = url
		var g *gateway.Gateway
		if g, err = gateway.New(options); err == nil {
			return g, nil
		}
	}
	return nil, Usagef("-gateway: %w", err)
}
