/** `storyline help instagram`: facts and names of Meta as of 2026, at most 110 columns wide. */
export const INSTAGRAM = `Publishing simple stories automatically, through Meta's official API (optional)

Stories without interaction are published by \`storyline process-queue\` itself; those with a link sticker, a
poll or the like still go to Telegram. Without this set-up everything goes to Telegram. Plan 1-2 hours for it.
Meta moves its screens about: where a name differs from these, look for the same words nearby.

1. The account must be professional (Instagram app: Settings, Account type: Business or Creator).

2. Choose the login; the two cannot be mixed.

   INSTAGRAM_LOGIN=facebook    "Instagram API with Facebook Login for Business", the default: the account is
     linked to a Facebook Page on which you have the task CREATE_CONTENT or MANAGE. Its token does not expire.
   INSTAGRAM_LOGIN=instagram   "Instagram API with Instagram Login": no Page. The token lasts 60 days and must
     be renewed in time: \`storyline refresh-token\`, daily from cron.

3. Make an app at developers.facebook.com: log in, My Apps, Create App. Apps are made by use case: take the
   one that manages messages and content on Instagram ("Other", then "Business", where that is still offered).
   Then set up the login of step 2 in its Instagram product. For your own account, App Review is not needed.
     You should see: the dashboard of the app, with Instagram among its products or use cases.

4. APP_ID and APP_SECRET go into .env, with a key of your own:

     facebook:   Settings > Basic shows App ID and App Secret.
     instagram:  Instagram > "API setup with Instagram login" shows the Instagram app secret; that one is
                 APP_SECRET here. APP_ID is not needed.
     STORYLINE_SECRET_KEY: the output of \`openssl rand -base64 32\`. Tokens are stored encrypted under it. Keep
                 a copy elsewhere. To change it, put the new key before the old one, separated by a comma, and
                 run \`storyline refresh-token\`: it seals everything anew, then the old key may go.

5. Make a short-lived token.

     facebook:   Graph API Explorer (developers.facebook.com/tools/explorer): app, "User Token", then add
                   instagram_basic  instagram_content_publish  pages_read_engagement  pages_show_list
                 (and ads_management if your role on the Page comes through a business portfolio), then
                 "Generate Access Token"; tick the Page and its Instagram account when asked which ones.
                   You should see: a long text that starts with EAA. It is good for about an hour.
     instagram:  add your account in the app dashboard (it has to accept as a tester in the Instagram app, if
                 the dashboard says so), then "Generate token", with
                   instagram_business_basic  instagram_business_content_publish
                   You should see: a long text that starts with IG. Tokens from the dashboard last 60 days.

6. Connect. The token is asked for without being shown; it never belongs into a command line or a chat.

     storyline instagram connect
       You should see: the accounts that the token reaches (a single one is taken), then "Connected: @name".

   Account id, Page and long-lived tokens are stored: INSTAGRAM_ACCOUNT_ID and ACCESS_TOKEN need not be set.
   Without the command: ACCESS_TOKEN in .env is used until a renewed token is stored; a new ACCESS_TOKEN wins
   over what was stored before. INSTAGRAM_ACCOUNT_ID is the id of the Instagram account, not of the Page:
   in the Explorer, me/accounts?fields=name,instagram_business_account{id,username}
   (instagram login: me?fields=user_id,username).

7. A place for pictures. Meta fetches each from a public https address; Storyline deletes it afterwards.

     Cloudinary: an account at cloudinary.com; its dashboard shows CLOUDINARY_CLOUD_NAME, CLOUDINARY_API_KEY
                 and CLOUDINARY_API_SECRET.
     S3:         MEDIA_HOST=s3 with S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY; S3_ENDPOINT
                 too for a store other than Amazon's. The bucket may stay private: addresses are signed.

8. Check, then switch on.

     storyline test-api              every line should start with a tick; any other says how to mend it
     storyline process-queue --dry-run
     ENABLE_INSTAGRAM_API=true       in .env; from the next tick on simple stories publish themselves

What happens then
  A story is rendered to 1080x1920 (STORY_FIT: blur, cover or contain), hosted, handed to Instagram, published
  when Instagram is ready with it, and recorded. No tick waits for minutes: the next one goes on. Meta limits
  how many stories an account may publish in 24 hours (test-api shows the number); what is over it waits.

What happens on trouble
  a picture that Instagram refuses  goes to Telegram, with the reason on the card: a person can still post it
  an answer of Meta is lost         Storyline looks what became of the story. When that does not tell, it is
                                    unconfirmed and you are asked; nothing is published a second time
  Meta asks for a pause             nobody calls until it is over, then it goes on by itself
  the token is dead, or lacks a     automatic publishing stops, the admin chat is told once; the manual way
  permission                        goes on. \`storyline check-token\` says why; steps 5 and 6 mend it
  the token nears its end           \`storyline refresh-token\` renews it; you hear of it only if that fails
                                    and fewer than 10 days are left
  the data access ends              90 days after you last used the app (facebook); check-token warns 14 days
                                    before. Steps 5 and 6 again
  ENABLE_INSTAGRAM_API=false        everything goes to Telegram again; nothing is lost either way`
