# A monthly budget of one project, for its mails: it stops nothing. Of one project only, so that rights on that project are enough and the billing account stays closed.

resource "google_billing_budget" "this" {
  for_each = var.budget == null ? {} : { this = var.budget }

  billing_account = each.value.billing_account
  display_name    = "Clickstream ${var.project}"

  budget_filter {
    projects = ["projects/${each.value.project_number}"]
  }
  amount {
    specified_amount {
      currency_code = each.value.currency
      units         = tostring(each.value.monthly_amount)
    }
  }
  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 0.9
  }
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
  all_updates_rule {
    monitoring_notification_channels = [var.channel]
    disable_default_iam_recipients   = false
  }
}
