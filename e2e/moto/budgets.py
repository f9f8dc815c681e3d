"""Budgets: returns the subscribers and tags of a budget, which moto accepts but does not return."""

import json

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

IDENTITY = ("NotificationType", "ComparisonOperator", "Threshold")


def apply() -> None:
    create_budget = BudgetsResponse.create_budget

    def create_tagged_budget(self) -> str:
        answer = create_budget(self)
        budget_of(self, self._get_param("Budget")["BudgetName"]).tags = self._get_param(
            "ResourceTags", []
        )
        return answer

    def list_tags_for_resource(self) -> str:
        name = self._get_param("ResourceARN").partition(":budget/")[2]
        return json.dumps({"ResourceTags": budget_of(self, name).tags})

    def describe_subscribers_for_notification(self) -> str:
        wanted = self._get_param("Notification")
        subscribers = [
            subscriber
            for notification in budget_of(self, self._get_param("BudgetName")).notifications
            if all(notification.details.get(name) == wanted.get(name) for name in IDENTITY)
            for subscriber in notification.subscribers
        ]
        return json.dumps({"Subscribers": subscribers})

    BudgetsResponse.create_budget = create_tagged_budget
    BudgetsResponse.list_tags_for_resource = list_tags_for_resource
    BudgetsResponse.describe_subscribers_for_notification = describe_subscribers_for_notification


def budget_of(response: BudgetsResponse, name: str) -> Budget:
    return response.backend.budgets[response.current_account][name]
