// A schema check, not the google provider: it serves the resource schemas of schema.json (beside the program) to terraform and knows no default, no rule of a value and no API.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

const address = "registry.terraform.io/hashicorp/google"

func main() {
	provider, err := load()
	if err == nil {
		err = tf5server.Serve(address, func() tfprotov5.ProviderServer { return provider })
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "schema provider: %v\n", err)
		os.Exit(1)
	}
}

func load() (*schemaProvider, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		return nil, err
	}
	var schemas struct {
		Provider  block            `json:"provider"`
		Resources map[string]block `json:"resource_schemas"`
	}
	if err := json.Unmarshal(text, &schemas); err != nil {
		return nil, err
	}
	provider := &schemaProvider{resources: map[string]*tfprotov5.Schema{}}
	if provider.configuration, err = schemas.Provider.schema(); err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	for name, resource := range schemas.Resources {
		if provider.resources[name], err = resource.schema(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return provider, nil
}
