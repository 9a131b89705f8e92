package api

import (
	"context"
	"net/http"
	"net/mail"
	"regexp"
	"strings"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// localeForm is BCP 47's in short: "en", "pt-BR", "zh-Hans".
var localeForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}$`)

// newAdvocate is the body that makes an advocate.
type newAdvocate struct {
	CustomerID string `json:"customer_id"`
	Email      string `json:"email"`
	FirstName  string `json:"first_name"`
	Locale     string `json:"locale"`
	Code       string `json:"code"`
}

// createAdvocate answers 201 with a new advocate, or 200 with the one that the customer already is.
func (a *API) createAdvocate(ctx context.Context, c call) (answer, error) {
	var in newAdvocate
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	if wrong := in.check(); len(wrong) > 0 {
		return answer{}, problem.Refuse("bad_field", wrong...)
	}
	adv, created, err := a.advocates.CreateAdvocate(ctx, c.shop, rewards.NewAdvocate(in))
	if err != nil {
		return answer{}, err
	}
	if created {
		return answer{http.StatusCreated, a.viewAdvocate(adv)}, nil
	}
	return answer{http.StatusOK, a.viewAdvocate(adv)}, nil
}

// check names the fields whose values cannot be. Whether a code can be made is for storage to say.
func (n newAdvocate) check() (wrong []problem.Field) {
	refuse := func(ok bool, name, code, detail string) {
		if !ok {
			wrong = append(wrong, problem.Field{Field: "/" + name, Code: code, Detail: detail})
		}
	}
	refuse(n.CustomerID != "", "customer_id", "required", "is needed: the platform's own id of the customer")
	refuse(n.CustomerID == "" || platformID.fits(n.CustomerID), "customer_id", "malformed", "is not of the form that ids have")
	refuse(n.Email == "" || isEmail(n.Email), "email", "malformed", "is not an e-mail address")
	refuse(printable(n.FirstName, 100), "first_name", "malformed", "has at most 100 characters and no controls")
	refuse(n.Locale == "" || localeForm.MatchString(n.Locale), "locale", "malformed", "is not a language tag like en or pt-BR")
	refuse(printable(n.Code, 64), "code", "malformed", "has at most 64 characters and no controls")
	return wrong
}

// isEmail tells whether s is a bare address: no name, no comment, no list.
func isEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s && parsed.Name == "" && len(s) <= 254 && !strings.ContainsAny(s, "<>,")
}

func (a *API) showAdvocate(ctx context.Context, c call) (answer, error) {
	adv, err := a.advocates.Advocate(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, a.viewAdvocate(adv)}, nil
}

func (a *API) listAdvocates(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	f := rewards.AdvocateFilter{Email: c.query.get("email"), Code: c.query.get("code")}
	if f.CustomerID, err = c.query.match("customer_id", platformID); err != nil {
		return answer{}, err
	}
	if f.Email != "" && !isEmail(f.Email) {
		return answer{}, badParameter("email", "malformed", "is not an e-mail address")
	}
	found, next, err := a.advocates.Advocates(ctx, c.shop, f, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, a.viewAdvocate)}, nil
}
