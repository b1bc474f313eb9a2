output "services" {
  description = "The enabled APIs, known once they answer."
  value       = sort([for service in google_project_service.this : service.service])
  depends_on  = [terraform_data.settled]
}
