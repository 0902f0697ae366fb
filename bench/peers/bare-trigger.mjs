// The least that starting a job takes: a token and a POST, by node:https alone. Nothing is read,
// checked, retried or explained.
import { request } from "node:https";

const { env } = process;
const [, , job] = process.argv;

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        if (response.statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

const { access_token: token } = await post(
  `${env.AZURE_AUTHORITY_HOST}/${env.AZURE_TENANT_ID}/oauth2/v2.0/token`,
  { "content-type": "application/x-www-form-urlencoded" },
  new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env.AZURE_CLIENT_ID,
    client_secret: env.AZURE_CLIENT_SECRET,
    scope: `${env.ARM_RESOURCE_MANAGER_AUDIENCE}/.default`,
  }).toString(),
);
const { name } = await post(
  `${env.ARM_RESOURCE_MANAGER_ENDPOINT}${job}/start?api-version=2025-07-01`,
  { authorization: `Bearer ${token}`, "content-length": 0 },
);
console.log(name);
