package sandbox

import view "purse/views/sandbox"

// countries are those that the Checkout page offers.
var countries = []view.Country{
	{Code: "AR", Name: "Argentina"}, {Code: "AU", Name: "Australia"}, {Code: "AT", Name: "Austria"}, {Code: "BE", Name: "Belgium"},
	{Code: "BR", Name: "Brazil"}, {Code: "BG", Name: "Bulgaria"}, {Code: "CA", Name: "Canada"}, {Code: "HR", Name: "Croatia"},
	{Code: "CZ", Name: "Czechia"}, {Code: "DK", Name: "Denmark"}, {Code: "EE", Name: "Estonia"}, {Code: "FI", Name: "Finland"},
	{Code: "FR", Name: "France"}, {Code: "DE", Name: "Germany"}, {Code: "GR", Name: "Greece"}, {Code: "HK", Name: "Hong Kong"},
	{Code: "HU", Name: "Hungary"}, {Code: "IN", Name: "India"}, {Code: "ID", Name: "Indonesia"}, {Code: "IE", Name: "Ireland"},
	{Code: "IL", Name: "Israel"}, {Code: "IT", Name: "Italy"}, {Code: "JP", Name: "Japan"}, {Code: "KR", Name: "South Korea"},
	{Code: "LV", Name: "Latvia"}, {Code: "LT", Name: "Lithuania"}, {Code: "LU", Name: "Luxembourg"}, {Code: "MY", Name: "Malaysia"},
	{Code: "MX", Name: "Mexico"}, {Code: "NL", Name: "Netherlands"}, {Code: "NZ", Name: "New Zealand"}, {Code: "NG", Name: "Nigeria"},
	{Code: "NO", Name: "Norway"}, {Code: "PL", Name: "Poland"}, {Code: "PT", Name: "Portugal"}, {Code: "RO", Name: "Romania"},
	{Code: "SG", Name: "Singapore"}, {Code: "SK", Name: "Slovakia"}, {Code: "SI", Name: "Slovenia"}, {Code: "ZA", Name: "South Africa"},
	{Code: "ES", Name: "Spain"}, {Code: "SE", Name: "Sweden"}, {Code: "CH", Name: "Switzerland"}, {Code: "TH", Name: "Thailand"},
	{Code: "TR", Name: "Türkiye"}, {Code: "AE", Name: "United Arab Emirates"}, {Code: "GB", Name: "United Kingdom"}, {Code: "US", Name: "United States"},
}
