package importer

import (
	"fmt"
	"slices"
)

// preset maps the columns of an export that many people have. Names are the
// export's own, the newest first; (*) stands for whatever is in brackets, such as the
// currency of the account.
type preset struct {
	time, formats        []string
	id, caller, customer []string
	fields               []presetField
	where                []string // conditions as flags write them, on the first name that is there
	empty                []string // a row that is blank in all of these says nothing
	null                 []string
}

type presetField struct {
	property string
	columns  []string
	fallback string
	optional bool
}

func must(property string, columns ...string) presetField {
	return presetField{property: property, columns: columns}
}

func may(property string, columns ...string) presetField {
	return presetField{property: property, columns: columns, optional: true}
}

// zero is a quantity whose blank cells are 0. Where the file has no such column it is
// unknown, and not 0.
func zero(property string, columns ...string) presetField {
	return presetField{property: property, columns: columns, fallback: "0"}
}

// fill makes a mapping of the preset.
func (p preset) fill(m *mapping) {
	flag := "--preset " + m.Preset
	col := func(names []string, optional bool) *column {
		if len(names) == 0 {
			return nil
		}
		c := named(flag, names...)
		c.optional = optional
		return c
	}
	m.time, m.moments.formats = col(p.time, false), nil
	for _, f := range p.formats {
		l, err := layout(f)
		if err == nil {
			m.moments.formats = append(m.moments.formats, l)
		}
	}
	m.id, m.caller = col(p.id, false), col(p.caller, true)
	if m.Customer == "" {
		m.customer = col(p.customer, false)
	}
	for _, f := range p.fields {
		c := col(f.columns, f.optional)
		c.hint = fmt.Sprintf(" (name another with --property %s=Column, or a value for every row with --set %s=0)", f.property, f.property)
		m.fields = append(m.fields, &field{property: f.property, column: c, fallback: f.fallback, optional: f.optional})
	}
	for _, text := range p.where {
		w, err := newWhere(text)
		if err == nil {
			w.names = append(w.names, aliases[w.names[0]]...)
			w.flag, w.why = flag, "they are not "+text
			m.wheres = append(m.wheres, w)
		}
	}
	for _, name := range p.empty {
		c := col([]string{name}, true)
		m.empty = append(m.empty, c)
	}
	m.Null = append(slices.Clone(m.Null), p.null...)
}

// aliases are other names of columns that presets put conditions on.
var aliases = map[string][]string{
	"lineItem/LineItemType": {"line_item_line_item_type"},
	"ChargeType":            {"chargeType"},
}

var presets = map[string]preset{
	"openai-usage": {
		time: []string{"start_time", "start_time_iso"}, caller: []string{"api_key_id"},
		fields: []presetField{
			may("model", "model"), must("input_tokens", "input_tokens"), must("output_tokens", "output_tokens"), zero("input_cached_tokens", "input_cached_tokens"),
			zero("requests", "num_model_requests"), may("project", "project_id"), may("user", "user_id"), may("batch", "batch"), may("service_tier", "service_tier"),
		},
		empty: []string{"model", "input_tokens", "output_tokens", "num_model_requests"},
	},
	"openai-cost": {
		time:   []string{"start_time", "start_time_iso"},
		fields: []presetField{must("cost", "amount_value"), may("currency", "amount_currency"), may("line_item", "line_item"), may("project", "project_id"), may("organization", "organization_id")},
		empty:  []string{"amount_value", "line_item"},
	},
	"anthropic": {
		time: []string{"usage_date_utc"}, caller: []string{"api_key"},
		fields: []presetField{
			must("model", "model_version"), must("input_tokens", "usage_input_tokens_no_cache"), must("output_tokens", "usage_output_tokens"),
			zero("cache_write_5m_tokens", "usage_input_tokens_cache_write_5m"), zero("cache_write_1h_tokens", "usage_input_tokens_cache_write_1h"),
			zero("cache_read_tokens", "usage_input_tokens_cache_read"), zero("web_searches", "web_search_count"), may("workspace", "workspace"),
			may("usage_type", "usage_type"), may("context_window", "context_window"), may("speed", "speed"),
		},
	},
	"openrouter": {
		time: []string{"created_at"}, id: []string{"generation_id"}, caller: []string{"api_key_name"},
		fields: []presetField{
			must("model", "model_permaslug"), zero("input_tokens", "tokens_prompt"), zero("output_tokens", "tokens_completion"), zero("cost", "cost_total"),
			may("variant", "variant"), may("user", "user"), may("app", "app_name"),
		},
	},
	"litellm": {
		time: []string{"startTime", "starttime"}, id: []string{"request_id"}, caller: []string{"api_key"}, null: []string{"NULL", `\N`},
		customer: []string{"end_user"},
		fields: []presetField{
			may("model", "model"), zero("input_tokens", "prompt_tokens"), zero("output_tokens", "completion_tokens"), zero("cost", "spend"), may("call_type", "call_type"), may("user", "user"),
		},
	},
	"cursor": {
		time: []string{"Date"}, caller: []string{"User"},
		fields: []presetField{
			must("model", "Model"), zero("input_tokens", "Input (w/o Cache Write)"), zero("cache_write_tokens", "Input (w/ Cache Write)"), zero("cache_read_tokens", "Cache Read"),
			zero("output_tokens", "Output Tokens", "Output"), zero("requests", "Requests"), may("cost", "Cost ($)", "Cost"), may("kind", "Kind"), may("max_mode", "Max Mode"),
		},
	},
	"github": {
		time: []string{"date", "Date", "usage_at"}, caller: []string{"username", "Username"},
		fields: []presetField{
			must("product", "product", "Product"), must("sku", "sku", "SKU"), must("quantity", "quantity", "Quantity"), may("unit", "unit_type", "Unit Type"),
			zero("gross", "gross_amount"), may("organization", "organization"), may("repository", "repository"), may("cost_center", "cost_center_name"),
		},
	},
	"github-copilot": {
		time: []string{"Timestamp", "timestamp", "date"}, caller: []string{"User", "username"},
		fields: []presetField{must("model", "Model", "model"), must("requests", "Requests Used", "quantity")},
	},
	"aws-cur": {
		time: []string{"lineItem/UsageStartDate", "line_item_usage_start_date"}, caller: []string{"lineItem/UsageAccountId", "line_item_usage_account_id"},
		fields: []presetField{
			must("product", "lineItem/ProductCode", "line_item_product_code"), must("usage_type", "lineItem/UsageType", "line_item_usage_type"),
			must("quantity", "lineItem/UsageAmount", "line_item_usage_amount"), zero("cost", "lineItem/UnblendedCost", "line_item_unblended_cost"),
			may("operation", "lineItem/Operation", "line_item_operation"), may("currency", "lineItem/CurrencyCode", "line_item_currency_code"),
			may("region", "product/regionCode", "product/region", "product_region_code"), may("resource", "lineItem/ResourceId", "line_item_resource_id"),
			may("line_item", "identity/LineItemId", "identity_line_item_id"),
		},
		where: []string{"lineItem/LineItemType=Usage|DiscountedUsage|SavingsPlanCoveredUsage"},
	},
	"azure-cost": {
		time: []string{"Date", "date", "UsageDateTime"}, formats: []string{"M/D/YYYY", "YYYY-MM-DD", "2006-01-02T15:04:05Z07:00"}, caller: []string{"SubscriptionId", "subscriptionId", "SubscriptionGuid"},
		fields: []presetField{
			must("category", "MeterCategory", "meterCategory"), must("meter", "MeterName", "meterName"), must("quantity", "Quantity", "quantity"),
			zero("cost", "CostInBillingCurrency", "costInBillingCurrency", "Cost", "cost", "PreTaxCost"), may("subcategory", "MeterSubCategory", "meterSubCategory"), may("unit", "UnitOfMeasure", "unitOfMeasure"),
			may("currency", "BillingCurrencyCode", "BillingCurrency", "billingCurrency"), may("region", "ResourceLocation", "resourceLocation"),
			may("resource_group", "ResourceGroup", "resourceGroupName"), may("resource", "ResourceId", "resourceId"),
		},
		where: []string{"ChargeType=Usage"},
	},
	"gcp": {
		time: []string{"Usage start date"}, caller: []string{"Project ID"},
		fields: []presetField{
			must("service", "Service description"), must("sku", "SKU description"), must("quantity", "Usage amount"), may("unit", "Usage unit"),
			zero("cost", "Unrounded Cost (*)", "Cost (*)"), may("sku_id", "SKU ID"),
		},
		where: []string{"Cost type=Usage"},
	},
	"focus": {
		time: []string{"ChargePeriodStart"}, caller: []string{"SubAccountId"}, null: []string{"NULL", "null"},
		fields: []presetField{
			must("service", "ServiceName"), must("quantity", "ConsumedQuantity", "UsageQuantity"), zero("cost", "EffectiveCost", "BilledCost"), may("unit", "ConsumedUnit", "UsageUnit"),
			may("currency", "BillingCurrency"), may("region", "RegionId", "Region"), may("sku", "SkuId"), may("resource", "ResourceId"), may("provider", "ProviderName", "Provider"),
		},
		where: []string{"ChargeCategory=Usage"},
	},
	"stripe-itemized": {
		time: []string{"created_utc", "created"}, id: []string{"balance_transaction_id"},
		fields: []presetField{
			must("category", "reporting_category"), must("gross", "gross"), zero("fee", "fee"), zero("net", "net"), must("currency", "currency"), may("description", "description"),
		},
		where: []string{"reporting_category=charge"},
	},
}

// Presets are the names of the presets.
func Presets() []string { return sorted(presets) }
