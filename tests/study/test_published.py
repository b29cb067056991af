"""The published tuning table comes whole, typed, with one key a row, and says where it misprints."""

from __future__ import annotations

from collections import Counter

from cosmic.study.published import (
    TASKS,
    Balance,
    Family,
    ForestSetting,
    KnnSetting,
    LogisticSetting,
    PublishedScores,
    published_by_key,
    published_tuning,
    study_grid,
)


def test_every_row_of_the_table_is_there_under_a_key_of_its_own() -> None:
    rows = published_tuning()
    assert len(rows) == 246
    assert len(published_by_key()) == 246
    each = Counter((row.row.task, row.row.balance) for row in rows)
    assert set(each) == {(task, balance) for task in TASKS for balance in (Balance.SMOTE, Balance.RAREST)}
    assert set(each.values()) == {41}
    assert Counter(row.row.family for row in rows) == {
        Family.KNN: 18, Family.LOGISTIC: 60, Family.SVM: 36, Family.DECISION_TREE: 72,
        Family.RANDOM_FOREST: 36, Family.FFNN: 24,
    }  # fmt: skip


def test_figures_are_those_of_the_table() -> None:
    rows = published_by_key()
    first = rows["superclass/X0/smote/knn/n_neighbors=5"]
    assert first.row.setting == KnnSetting(5)
    assert first.run_time_s == 140
    assert first.min_class_size == 1000
    assert first.validation == PublishedScores(0.9994, 0.9994, 0.9994, 0.9994)
    forest = rows["galaxy/X0/rarest/random_forest/bootstrap=false,n_estimators=10"]
    assert forest.row.setting == ForestSetting(False, 10)
    assert forest.train.f1 == 0.5467
    assert sum(row.run_time_s for row in rows.values()) == 10_111


def test_a_key_names_every_value_of_the_setting() -> None:
    logistic = [row for row in study_grid() if isinstance(row.setting, LogisticSetting)]
    assert logistic[0].key == "superclass/X0/smote/logistic/solver=lbfgs,penalty=none,C=1,l1_ratio=none,max_iter=50"
    assert logistic[8].key.endswith("solver=saga,penalty=elasticnet,C=1,l1_ratio=0.5,max_iter=50")


def test_misprints_are_named_and_left_as_they_stand() -> None:
    rows = published_by_key()
    doubtful = {key for key, row in rows.items() if row.doubts}
    assert len(doubtful) == 15
    star = rows["star/X0/smote/knn/n_neighbors=20"]
    assert (star.train.accuracy, star.train.recall) == (0.9797, 0.9897)
    assert star.doubts == ("training accuracy 0.9797 and weighted recall 0.9897 are one quantity: one is a misprint",)
    assert "0.3384" in rows["galaxy/X0/smote/ffnn/activation=tanh,learning_rate=0.001"].doubts[0]
    copied = rows["superclass/X0/smote/svm/C=1,max_iter=10"]
    twin = rows["superclass/X0/smote/svm/C=0.1,max_iter=100"]
    assert copied.doubts
    assert copied.validation == twin.validation
