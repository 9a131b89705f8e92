package house

import "testing"

func TestABadImportIsCaught(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to string
		test     bool
	}{
		"the domain imports storage":                  {from: "rewards", to: "grapevine/storage"},
		"the domain imports a leaf":                   {from: "rewards", to: "grapevine/internal/secret"},
		"the domain imports a library":                {from: "rewards", to: "gopkg.in/yaml.v3"},
		"the domain imports its own file format":      {from: "rewards", to: "grapevine/rewards/programfile"},
		"a contest's draw imports the domain":         {from: "rewards/contest", to: "grapevine/rewards"},
		"a contest's draw imports a library":          {from: "rewards/contest", to: "golang.org/x/text/unicode/norm"},
		"a comparison imports the domain":             {from: "rewards/variant", to: "grapevine/rewards"},
		"a chart imports a leaf":                      {from: "internal/chart", to: "grapevine/internal/secret"},
		"a chart imports a library":                   {from: "internal/chart", to: "gopkg.in/yaml.v3"},
		"fairness imports the domain":                 {from: "rewards/fairness", to: "grapevine/rewards"},
		"a test of fairness imports the domain":       {from: "rewards/fairness", to: "grapevine/rewards", test: true},
		"fairness imports a leaf":                     {from: "rewards/fairness", to: "grapevine/internal/secret"},
		"a part of the domain imports a library":      {from: "rewards/simulation", to: "gopkg.in/yaml.v3"},
		"a part of the domain imports file formats":   {from: "rewards/simulation", to: "grapevine/rewards/programfile"},
		"a connector imports fairness":                {from: "connectors/shopify", to: "grapevine/rewards/fairness"},
		"a test of the domain imports storage":        {from: "rewards", to: "grapevine/storage", test: true},
		"programme files import a connector":          {from: "rewards/programfile", to: "grapevine/connectors"},
		"programme files import a web library":        {from: "rewards/programfile", to: "github.com/labstack/echo/v4"},
		"the connectors' common part imports one":     {from: "connectors", to: "grapevine/connectors/shopify"},
		"a connector imports another":                 {from: "connectors/woocommerce", to: "grapevine/connectors/shopify"},
		"a connector's folder imports another":        {from: "connectors/stripe/stripetest", to: "grapevine/connectors/shopify"},
		"a connector's test imports another":          {from: "connectors/stripe", to: "grapevine/connectors/shopify", test: true},
		"a connector imports the pipeline":            {from: "connectors/shopify", to: "grapevine/webhooks"},
		"a connector imports the database":            {from: "connectors/shopify", to: "gorm.io/gorm"},
		"a connector imports its simulated shop":      {from: "connectors/shopify", to: "grapevine/connectors/shopify/shopifytest"},
		"a connector imports another's library":       {from: "connectors/stripe", to: "github.com/bold-commerce/go-shopify/v4"},
		"the conformance suite imports a platform":    {from: "connectors/connectortest", to: "grapevine/connectors/shopify"},
		"the conformance suite imports pages":         {from: "connectors/connectortest", to: "grapevine/web"},
		"a connector imports the conformance suite":   {from: "connectors/shopify", to: "grapevine/connectors/connectortest"},
		"the simulated shop imports the suite":        {from: "connectors/shopify/shopifytest", to: "grapevine/connectors/connectortest"},
		"the simulated shop imports the connector":    {from: "connectors/shopify/shopifytest", to: "grapevine/connectors/shopify"},
		"another platform's shop imports the domain":  {from: "connectors/stripe/stripetest", to: "grapevine/rewards"},
		"another platform's shop imports its own":     {from: "connectors/woocommerce/woocommercetest", to: "grapevine/connectors/woocommerce"},
		"a command below it imports the connector":    {from: "connectors/shopify/shopifytest/sim", to: "grapevine/connectors/shopify"},
		"its test imports the connector":              {from: "connectors/shopify/shopifytest", to: "grapevine/connectors/shopify", test: true},
		"the pipeline imports storage":                {from: "webhooks", to: "grapevine/storage"},
		"the pipeline imports a platform":             {from: "webhooks", to: "grapevine/connectors/shopify"},
		"storage imports pages":                       {from: "storage", to: "grapevine/web"},
		"storage imports echo":                        {from: "storage", to: "github.com/labstack/echo/v4"},
		"pages import storage":                        {from: "web/console", to: "grapevine/storage"},
		"pages import the database":                   {from: "web", to: "github.com/jackc/pgx/v5"},
		"a leaf imports the domain":                   {from: "internal/i18n", to: "grapevine/rewards"},
		"a leaf imports the database":                 {from: "internal/i18n", to: "gorm.io/driver/postgres"},
		"shipped code imports test support":           {from: "storage", to: "grapevine/internal/testdb"},
		"a part of the tree that nobody has heard of": {from: "helpers", to: "grapevine/rewards"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, breaches([]edge{{"grapevine/" + tc.from, tc.to, tc.test}}), "grapevine/"+tc.from+" imports "+tc.to)
		})
	}
}

func TestAGoodImportPasses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to string
		test     bool
	}{
		"the domain uses the standard library":    {from: "rewards", to: "encoding/json"},
		"the domain draws a contest":              {from: "rewards", to: "grapevine/rewards/contest"},
		"the domain compares variants":            {from: "rewards", to: "grapevine/rewards/variant"},
		"the domain uses x/text":                  {from: "rewards", to: "golang.org/x/text/unicode/norm"},
		"the domain uses fairness":                {from: "rewards", to: "grapevine/rewards/fairness"},
		"fairness uses x/text":                    {from: "rewards/fairness", to: "golang.org/x/text/unicode/norm"},
		"a part of the domain uses the domain":    {from: "rewards/simulation", to: "grapevine/rewards"},
		"a part of the domain uses fairness":      {from: "rewards/simulation", to: "grapevine/rewards/fairness"},
		"programme files use fairness":            {from: "rewards/programfile", to: "grapevine/rewards/fairness"},
		"storage uses fairness":                   {from: "storage", to: "grapevine/rewards/fairness"},
		"pages use fairness":                      {from: "web/console", to: "grapevine/rewards/fairness"},
		"a test of the domain uses programmes":    {from: "rewards", to: "grapevine/rewards/programfile", test: true},
		"a test of the domain uses rapid":         {from: "rewards", to: "pgregory.net/rapid", test: true},
		"programme files use a YAML parser":       {from: "rewards/programfile", to: "gopkg.in/yaml.v3"},
		"a connector uses the domain":             {from: "connectors/shopify", to: "grapevine/rewards"},
		"a connector uses its platform's library": {from: "connectors/shopify", to: "github.com/bold-commerce/go-shopify/v4"},
		"a connector's test uses its shop":        {from: "connectors/shopify", to: "grapevine/connectors/shopify/shopifytest", test: true},
		"a connector's test uses the suite":       {from: "connectors/shopify", to: "grapevine/connectors/connectortest", test: true},
		"the conformance suite uses storage":      {from: "connectors/connectortest", to: "grapevine/storage"},
		"the conformance suite uses the pipeline": {from: "connectors/connectortest", to: "grapevine/webhooks"},
		"the conformance suite uses databases":    {from: "connectors/connectortest", to: "grapevine/internal/testdb"},
		"the suite's own test breaks a connector": {from: "connectors/connectortest", to: "grapevine/connectors/shopify", test: true},
		"the conformance suite opens doors":       {from: "connectors/connectortest", to: "github.com/labstack/echo/v4"},
		"a simulated shop uses test support":      {from: "connectors/shopify/shopifytest", to: "grapevine/internal/testdb"},
		"the pipeline uses echo":                  {from: "webhooks/receive", to: "github.com/labstack/echo/v4"},
		"a test of the pipeline uses storage":     {from: "webhooks", to: "grapevine/storage", test: true},
		"storage uses GORM":                       {from: "storage", to: "gorm.io/gorm/clause"},
		"storage uses the pipeline's interfaces":  {from: "storage", to: "grapevine/webhooks"},
		"pages use the domain":                    {from: "web/console", to: "grapevine/rewards"},
		"a command runs the simulated shop":       {from: "connectors/shopify/shopifytest/sim", to: "grapevine/connectors/shopify/shopifytest"},
		"the demo runs a simulated shop":          {from: "cmd/grapevine", to: "grapevine/connectors/shopify/shopifytest"},
		"test support uses the database":          {from: "internal/testdb", to: "github.com/jackc/pgx/v5"},
		"the benchmark runs everything":           {from: "internal/bench", to: "grapevine/storage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, breaches([]edge{{"grapevine/" + tc.from, tc.to, tc.test}}))
		})
	}
}
