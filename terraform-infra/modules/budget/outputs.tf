output "name" {
  description = "Name of the budget, known once it exists; null: none was asked for."
  value       = one([for budget in google_billing_budget.this : budget.name])
}
