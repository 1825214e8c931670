// A certified OpenID provider for the tests: node provider.js PORT CLIENT_SECRET HOME PEOPLE
// HOME is where the dashboard answers, PEOPLE a JSON object of names and their claims. Any password is right.
import { Provider } from "oidc-provider";

const [port, secret, home, people] = process.argv.slice(2);
const claimsOf = JSON.parse(people);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{
    client_id: "dashboard",
    client_secret: secret,
    redirect_uris: [`${home}/accounts/oidc/callback/`],
    post_logout_redirect_uris: [`${home}/accounts/login/`],
  }],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, ...claimsOf[id] }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
