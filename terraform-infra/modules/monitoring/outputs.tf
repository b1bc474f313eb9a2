output "channel" {
  description = "The notification channel, for alerts of your own."
  value       = google_monitoring_notification_channel.email.name
}
