import { SandboxHttpError, type Principal } from "../ports.js";

/*
 * Resource Manager's own errors, as its troubleshooting pages give them.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */

export function makeArmError(
  status: number,
  code: string,
  message: string,
  target?: string,
): SandboxHttpError {
  return new SandboxHttpError(
    status,
    code,
    message,
    target === undefined ? {} : { body: { error: { code, message, target } } },
  );
}

export function subscriptionNotFound(subscription: string): SandboxHttpError {
  return makeArmError(
    404,
    "SubscriptionNotFound",
    `The subscription '${subscription}' could not be found.`,
  );
}

export function groupNotFound(name: string): SandboxHttpError {
  return makeArmError(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
}

export function resourceNotFound(type: string, name: string, group: string): SandboxHttpError {
  return makeArmError(
    404,
    "ResourceNotFound",
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** https://learn.microsoft.com/azure/role-based-access-control/troubleshooting */
export function authorizationFailed(
  principal: Principal,
  action: string,
  scope: string,
): SandboxHttpError {
  return makeArmError(
    403,
    "AuthorizationFailed",
    `The client '${principal.appId}' with object id '${principal.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** A write that needs a right on another resource too, such as using an identity. */
export function linkedAuthorizationFailed(
  principal: Principal,
  action: string,
  scope: string,
  linked: { readonly action: string; readonly scope: string },
): SandboxHttpError {
  return makeArmError(
    403,
    "LinkedAuthorizationFailed",
    `The client '${principal.appId}' with object id '${principal.objectId}' has permission to perform action '${action}' on scope '${scope}'; however, it does not have permission to perform action(s) '${linked.action}' on the linked scope(s) '${linked.scope}' (respectively) or the linked scope(s) are invalid.`,
  );
}

export function invalidProperty(name: string, why: string): SandboxHttpError {
  return makeArmError(400, "InvalidRequestContent", `'${name}' ${why}.`, name);
}
